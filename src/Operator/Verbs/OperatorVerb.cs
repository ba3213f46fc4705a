using System.CommandLine;
using Comptroller.Kubernetes.Client.Configuration;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs;

/// <summary><c>operator</c>: runs the controllers until SIGTERM.</summary>
internal static class OperatorVerb
{
    public static Command Create()
    {
        var kubeconfig = CommonOptions.Kubeconfig();
        var context = CommonOptions.Context();
        var namespaces = new Option<string[]>("--watch-namespaces")
        {
            Description = "Reconcile these namespaces only, comma-separated; all when absent",
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal)],
            DefaultValueFactory = _ => [],
        };
        var metrics = new Option<string>("--metrics-bind-address") { Description = "Address of /metrics; 0 switches it off", DefaultValueFactory = _ => ":8080" };
        var probes = new Option<string>("--health-probe-bind-address") { Description = "Address of /livez and /readyz; 0 switches it off", DefaultValueFactory = _ => ":8081" };
        var elect = new Option<bool>("--leader-elect") { Description = "Let a Lease decide which of several processes acts" };
        var leaseNamespace = new Option<string>("--leader-election-namespace") { Description = "Namespace of the Lease", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("POD_NAMESPACE") ?? "comptroller-system" };
        var credentials = new Option<string?>("--delivery-credentials") { Description = "Directory with credentials for reading from VictoriaLogs: a file per host that holds user:password" };
        var trail = new Option<string?>("--audit-trail") { Description = "File of the operator's own audit trail, such as /var/lib/comptroller/trail/audit.log: who asked for what through annotations" };
        var image = new Option<string?>("--image") { Description = "Image that audits run; the image of the operator's own pod when absent" };
        var workers = new Option<int>("--max-concurrent-reconciles") { Description = "Resources reconciled at a time", DefaultValueFactory = _ => 4 };
        workers.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--max-concurrent-reconciles must lie between 1 and 64");
            }
        });
        var level = new Option<LogLevel>("--log-level") { Description = "Lowest level that is logged", DefaultValueFactory = _ => LogLevel.Information };
        var command = new Command("operator", "Run the controllers")
        {
            kubeconfig, context, namespaces, metrics, probes, elect, leaseNamespace, credentials, trail, image, workers, level,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var options = new OperatorOptions
            {
                Cluster = await new ConfigurationLoader().LoadAsync(result.GetValue(kubeconfig), result.GetValue(context), cancellationToken),
                WatchNamespaces = result.GetValue(namespaces)!,
                MetricsBindAddress = result.GetValue(metrics)!,
                ProbeBindAddress = result.GetValue(probes)!,
                LeaderElection = result.GetValue(elect),
                LeaderElectionNamespace = result.GetValue(leaseNamespace)!,
                Instance = Environment.GetEnvironmentVariable("POD_NAME") ?? Environment.MachineName,
                PodNamespace = Environment.GetEnvironmentVariable("POD_NAMESPACE"),
                ServiceAccount = Environment.GetEnvironmentVariable("POD_SERVICE_ACCOUNT") ?? "comptroller",
                Image = result.GetValue(image),
                Telemetry = TelemetryTarget.Read(Environment.GetEnvironmentVariable),
                DeliveryCredentials = result.GetValue(credentials),
                AuditTrail = result.GetValue(trail),
                MaxConcurrentReconciles = result.GetValue(workers),
                LogLevel = result.GetValue(level),
            };
            using var signal = new TerminationSignal();
            return await OperatorHost.RunAsync(options, signal.Token);
        });
        return command;
    }
}
