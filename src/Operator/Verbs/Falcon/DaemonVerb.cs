using System.CommandLine;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon daemon</c>: audits by the clock until it is told to stop.</summary>
internal static class DaemonVerb
{
    public static Command Create()
    {
        var options = new FalconOptions();
        var output = new Option<string>("--output-dir") { Description = "Directory of reports", DefaultValueFactory = _ => "./output" };
        var port = new Option<int?>("--health-port") { Description = "Port of /health, /ready and /metrics; daemon.health_check.port when absent" };
        var immediate = new Option<bool>("--immediate") { Description = "Audit at once, then by the clock" };
        var stopTimeout = new Option<int>("--stop-timeout") { Description = "Seconds that a running task has to end after SIGTERM; fewer than the pod's terminationGracePeriodSeconds, for an audit's checkpoint", DefaultValueFactory = _ => 20 };
        var verbose = new Option<bool>("--verbose") { Description = "Log more" };
        var command = new Command("daemon", "Audit by the clock; SIGHUP reads the configuration again, SIGTERM stops after the running task") { output, port, immediate, stopTimeout, verbose };
        options.AddApi(command);
        command.SetAction((result, cancellationToken) =>
            RunAsync(
                result, options, result.GetValue(output)!, result.GetValue(port), result.GetValue(immediate), TimeSpan.FromSeconds(result.GetValue(stopTimeout)), result.GetValue(verbose), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult result, FalconOptions options, string output, int? port, bool immediate, TimeSpan stopTimeout, bool verbose, CancellationToken cancellationToken)
    {
        using var signal = new TerminationSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellationToken);
        var config = await options.ConfigAsync(result, stop.Token);
        await using var connections = options.Store(result, config);
        await using var writing = await StoreLock.TakeAsync(connections, stop.Token);
        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(result, config, limiter);
        var metadata = new ReportMetadata
        {
            Timestamp = TimeProvider.System.GetUtcNow(),
            Command = string.Join(' ', SecretArguments.Redact(Environment.GetCommandLineArgs())),
            DatabaseType = config.Foundry is null ? connections.Kind : FoundryStore.Kind,
        };
        using var provider = new JsonLoggerProvider(Console.OpenStandardOutput(), TimeProvider.System);
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(verbose ? LogLevel.Debug : LevelOf(config.LogLevel)).AddProvider(provider));
        var api = new FalconApi(client);
        using var foundry = FalconOptions.Foundry(result, config, client);
        await using var daemon = new AuditDaemon(
            token => options.ConfigAsync(result, token),
            (current, token) => options.AuditAsync(result, current, api, token),
            api,
            new AuditStore(connections),
            foundry,
            output,
            port,
            stopTimeout,
            metadata,
            loggers.CreateLogger("falcon"));
        await daemon.RunAsync(config, immediate, stop.Token);
        return ExitCodes.Clean;
    }

    private static LogLevel LevelOf(string level) => level switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "CRITICAL" => LogLevel.Critical,
        _ => LogLevel.Information,
    };
}
