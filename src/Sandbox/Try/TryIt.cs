using System.Text.Json.Nodes;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator;
using Comptroller.Sandbox.Workloads;
using Spectre.Console;

namespace Comptroller.Sandbox.Try;

/// <summary>
/// The first command of the README: an API server, what a user would apply to it, and the operator working against it over TLS with
/// the permissions of its own RBAC manifest, nothing more. Jobs and Deployments run as processes: they audit a simulated tenant, back up what that
/// leaves, and watch a recorded cloud.
/// </summary>
internal static class TryIt
{
    private const string OperatorNamespace = "comptroller-system";
    private const string OperatorAccount = "comptroller";

    public static async Task<int> RunAsync(TryOptions options, CancellationToken cancellationToken)
    {
        // Compiled while the server's own code is.
        var reading = Task.Run(() => Manifests.Read(Manifests.Crds), cancellationToken);
        var cron = new CronClock();
        var workloads = options.ServeOnly ? null : new WorkloadOptions { CronTime = cron };
        await using var server = await SandboxServer.StartAsync(new SandboxOptions { Port = options.Port, Workloads = workloads }, cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(options.KubeconfigPath)!);
        server.WriteKubeconfig(options.KubeconfigPath);
        if (options.ServeOnly)
        {
            // Programs read these lines; a console that wraps them would cut them.
            Console.WriteLine($"Serving: {server.Address}, kubeconfig {options.KubeconfigPath}");
        }

        using var admin = KubeClient.Create(Access(server, server.AdminToken), new KubeClientOptions { Component = "try-it", FieldValidation = "Strict" });
        var definitions = await reading;
        await Manifests.ApplyAsync(admin, definitions, cancellationToken);
        await Manifests.UntilServedAsync(admin, definitions, cancellationToken);
        if (options.ServeOnly)
        {
            Console.WriteLine($"Ready: {definitions.Count} CRDs served");
            await UntilCancelledAsync(cancellationToken);
            return 0;
        }

        await Manifests.ApplyAsync(admin, Manifests.Read(Manifests.OperatorAccess), cancellationToken);
        await using var tenant = await SimulatedTenant.StartAsync(cancellationToken);
        var samples = Manifests.Read(Manifests.Samples);
        using var cloud = new RecordedCloud();
        await Manifests.ApplyAsync(admin, samples.SelectMany(tenant.Stage).SelectMany(cloud.Stage).SelectMany(BackupPlace.Stage), cancellationToken);
        Console.WriteLine($"The sample schedules audit a simulated Falcon tenant at {tenant.Address} instead of the cloud that they name, and once at the start. What they report is backed up and proved.");
        Console.WriteLine("The sample watches hold recorded events against a recorded state instead of the states that they name.");

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var token = await OperatorTokenAsync(admin, cancellationToken);
        var running = OperatorHost.RunAsync(
            new OperatorOptions
            {
                Cluster = Access(server, token),
                LeaderElection = true,
                LeaderElectionNamespace = OperatorNamespace,
                Instance = "try-it",
                MetricsBindAddress = "127.0.0.1:0",
                ProbeBindAddress = "127.0.0.1:0",
                Image = WorkloadOptions.OperatorImage,
                LogLevel = Microsoft.Extensions.Logging.LogLevel.Warning,
            },
            stopping.Token);
        try
        {
            var view = new ResourceView(admin, [.. samples.Select(sample => ((string)sample["kind"]!, KeyOf(sample)))]);
            return options.Once
                ? await OnceAsync(admin, view, running, cron, cloud, options.Timeout, cancellationToken)
                : await ShowAsync(view, running, cloud, options.KubeconfigPath, cancellationToken);
        }
        finally
        {
            await stopping.CancelAsync();
            await running;
        }
    }

    /// <summary>
    /// Until everything is Ready, audited and backed up, then until a schedule of each kind has fired (its clock is put forward, so that nobody
    /// waits for it), and until a drift has opened and is over.
    /// </summary>
    private static async Task<int> OnceAsync(
        IKubeClient admin, ResourceView view, Task<int> running, CronClock cron, RecordedCloud cloud, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        if (await view.UntilAsync(running, row => row.WhyNotReady() ?? (row.Kind == nameof(AuditBackup) ? null : row.WhyNotRun(runs: 1)), limit.Token) is not { } audited)
        {
            return 1;
        }

        // Not before: there was nothing to back up.
        foreach (var backup in audited.Where(row => row is { Kind: nameof(AuditBackup), Runs: not null }))
        {
            await BackupPlace.RequestAsync(admin, backup.Key, limit.Token);
        }

        if (await view.UntilAsync(running, row => row.WhyNotReady() ?? row.WhyNotRun(runs: 1), limit.Token) is not { } rows)
        {
            return 1;
        }

        // One of each kind: what is due last is due on a clock on which the others were, too.
        var due = rows.Where(row => row.NextRun is not null).GroupBy(row => row.Kind, (_, same) => same.MinBy(row => row.NextRun)!).ToList();
        var time = due.Max(row => row.NextRun)!.Value;
        Console.WriteLine($"The clock of CronJobs is put forward to {time:u}, when {string.Join(" and ", due.Select(row => row.Key))} are due.");
        cron.PutForwardTo(time);
        if (await view.UntilAsync(running, row => row.WhyNotReady() ?? (due.Exists(next => next.Key == row.Key) ? row.WhyNotRun(runs: 2) : null), limit.Token) is not { } fired)
        {
            return 1;
        }

        foreach (var (isOpen, told, happen) in new (bool, string, Func<CancellationToken, Task>)[]
        {
            (true, "Somebody changes a function in the console: a drift opens.", cloud.ChangeAsync),
            (false, "It is set back: the drift is over.", cloud.SetBackAsync),
        })
        {
            Console.WriteLine(told);
            await happen(limit.Token);
            if (await view.UntilAsync(running, row => row.WhyNotReady() ?? row.WhyNotDrifted(isOpen), limit.Token) is not { } drifted)
            {
                return 1;
            }

            fired = drifted;
        }

        ResourceView.Show(fired);
        return 0;
    }

    /// <summary>Shows the table until Ctrl-C, while a drift opens and ends again and again.</summary>
    private static async Task<int> ShowAsync(ResourceView view, Task<int> running, RecordedCloud cloud, string kubeconfigPath, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var happening = HappenAsync(cloud, ending.Token);
        try
        {
            return await view.ShowAsync(running, kubeconfigPath, cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await happening;
        }
    }

    private static async Task HappenAsync(RecordedCloud cloud, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(30));
            for (var isOpen = false; await timer.WaitForNextTickAsync(cancellationToken); isOpen = !isOpen)
            {
                try
                {
                    await (isOpen ? cloud.SetBackAsync(cancellationToken) : cloud.ChangeAsync(cancellationToken));
                }
                catch (HttpRequestException)
                {
                    // The watches start, or somebody has suspended or deleted one.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
        }
    }

    /// <summary>A client configuration for <paramref name="server"/> as whoever holds <paramref name="token"/>.</summary>
    internal static KubeClientConfiguration Access(SandboxServer server, string token) => new()
    {
        Server = server.Address,
        CertificateAuthorityPem = server.CaCertificatePem,
        User = new UserCredentials { Token = new SecretString(token) },
    };

    /// <summary>A token of the operator's service account, so that its RBAC manifest is what decides.</summary>
    internal static async Task<string> OperatorTokenAsync(IKubeClient admin, CancellationToken cancellationToken)
    {
        // A subresource that is created: the client's create verb with the path below the account.
        var requests = new ResourceType<JsonObject>("", "v1", $"serviceaccounts/{OperatorAccount}/token", "TokenRequest", Namespaced: true, TryJson.Default.JsonObject);
        var answer = await admin.CreateAsync(
            requests, OperatorNamespace, new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject() },
            "try-it", cancellationToken);
        return (string)answer["status"]!["token"]!;
    }

    private static async Task UntilCancelledAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it ends.
        }
    }

    private static ObjectKey KeyOf(JsonObject sample) => new((string?)sample["metadata"]!["namespace"] ?? "default", (string)sample["metadata"]!["name"]!);
}
