using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.AuditBackups.Rendering;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.AuditPolicies.Delivery;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.PolicyAuditSchedules;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;
using Comptroller.Operator.PolicyAuditSchedules.Runs;
using Comptroller.Operator.Workloads;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator;

/// <summary>The composition root: one client, one cache per kind, one controller per custom kind.</summary>
public static partial class OperatorHost
{
    /// <summary>Field manager, value of the managed-by label, and first word of the User-Agent.</summary>
    public const string Product = "comptroller";

    private const string LeaseName = "comptroller";
    private const string ReportingController = "comptroller.dev/comptroller";

    /// <summary>Runs until <paramref name="stop"/>; the exit code of the process.</summary>
    public static async Task<int> RunAsync(OperatorOptions options, CancellationToken stop)
    {
        using var loggers = new LoggerFactory([options.Log is { } log ? new JsonLoggerProvider(log, TimeProvider.System) : JsonLoggerProvider.ToStandardError()], new LoggerFilterOptions { MinLevel = options.LogLevel });
        using var metrics = new RuntimeMetrics();
        using var process = new ProcessMetrics();
        using var exporter = new PrometheusExporter(meter =>
            meter == metrics.Meter || (meter.Name != RuntimeMetrics.MeterName && meter.Name.StartsWith("Comptroller.", StringComparison.Ordinal)));
        var logger = loggers.CreateLogger("operator");
        using var telemetry = Export(options, logger);
        using var client = KubeClient.Create(options.Cluster, new KubeClientOptions { Product = Product }, loggers.CreateLogger("client"));
        var context = new RuntimeContext(TimeProvider.System, loggers, metrics);
        context = context with { Arrivals = new KindArrivals(client, context) };
        await using var trail = await AuditTrail.OpenAsync(options.AuditTrail, client, loggers.CreateLogger("trail"), context.Time, stop);
        var events = new EventRecorder(client, ReportingController, options.Instance, context);

        var host = new ControllerHost(new ControllerHostOptions(), context).Use(events).Add(context.Arrivals.Definitions);
        using var logs = new VictoriaLogsClient(
            new DeliveryCredentials(options.DeliveryCredentials), new AllowedAddresses(options.AllowLoopback), $"{Product} delivery", context.Time);
        using var pods = new ApiServerPods(client, context.Time);
        var probe = new DeliveryProbe(logs, context);
        var owned = WatchOwned(host, options, client, context);
        using var auditPolicies = AddAuditPolicies(host, options, client, events, owned, new DeliveryCheck(probe, pods, context.Time), trail, context);
        probe.Changed = auditPolicies.Enqueue;
        host.Add(probe);
        var image = new OwnImage(client, options.Image, options.Instance, options.PodNamespace);
        // An update may bring the operator before this CRD. The other kinds must not wait for it.
        var schedules = new Informer<PolicyAuditSchedule>(
            client, ResourceTypes.PolicyAuditSchedules, new InformerOptions<PolicyAuditSchedule> { Namespaces = options.WatchNamespaces, Required = false }, context);
        using var daemons = new DaemonResults();
        using var policyAudits = AddPolicyAudits(host, options, client, schedules, events, owned, image, daemons, trail, context);
        using var policyAuditMetrics = new PolicyAuditMetrics(schedules.Store.List);
        // As above: these CRDs may come later than the operator.
        var backups = new Informer<AuditBackup>(
            client, ResourceTypes.AuditBackups, new InformerOptions<AuditBackup> { Namespaces = options.WatchNamespaces, Required = false }, context);
        using var auditBackups = AddAuditBackups(host, options, client, backups, events, owned, image, trail, context);
        using var auditBackupMetrics = new AuditBackupMetrics(backups.Store.List, context.Time);
        var watches = new Informer<DriftWatch>(
            client, ResourceTypes.DriftWatches, new InformerOptions<DriftWatch> { Namespaces = options.WatchNamespaces, Required = false }, context);
        using var reports = new DriftReports();
        using var driftWatches = AddDriftWatches(host, options, client, watches, events, owned, image, reports, trail, context);
        using var driftWatchMetrics = new DriftWatchMetrics(watches.Store.List);
        using var electing = options.LeaderElection ? AddLeaderElection(host, options, events, context) : null;
        host.Use(new DiagnosticsServer(
            new DiagnosticsOptions { MetricsBindAddress = options.MetricsBindAddress, HealthProbeBindAddress = options.ProbeBindAddress },
            exporter, host.Liveness, host.Readiness));

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var trimming = HeapTrim.RunAsync(context.Time, ended.Token);
        var checking = ReportMissingPermissionsAsync(client, options.WatchNamespaces, logger, ended.Token);
        var code = await host.RunAsync(stop);
        await ended.CancelAsync();
        await Task.WhenAll(checking, trimming);
        return code;
    }

    /// <summary>One cache per rendered kind, whichever custom kind it was rendered for.</summary>
    private static Owned WatchOwned(ControllerHost host, OperatorOptions options, IKubeClient client, RuntimeContext context)
    {
        var objects = new OwnedObjects();
        var caches = RenderedKinds.All.ToDictionary(
            kind => kind.Type, kind => objects.Watch(client, kind.Type, Product, options.WatchNamespaces, kind.Required, context));
        foreach (var cache in caches.Values)
        {
            host.Add(cache);
        }

        return new Owned(objects, caches);
    }

    private static TelemetryExport? Export(OperatorOptions options, ILogger logger)
    {
        if (options.Telemetry is not { } target)
        {
            return null;
        }

        LogExporting(logger, target);
        return new TelemetryExport(target, options.Instance);
    }

    private static Controller<AuditPolicy> AddAuditPolicies(
        ControllerHost host, OperatorOptions options, IKubeClient client, EventRecorder events, Owned owned, DeliveryCheck delivery, AuditTrail trail, RuntimeContext context)
    {
        var policies = new Informer<AuditPolicy>(
            client, ResourceTypes.AuditPolicies, new InformerOptions<AuditPolicy> { Namespaces = options.WatchNamespaces }, context);
        var reconciler = new AuditPolicyReconciler(
            new Applier(client, owned.Objects, Product, context), new StatusWriter(client, Product), events, delivery, trail, options.User, context.Time);
        var controller = new Controller<AuditPolicy>(
                new ControllerOptions { Name = "auditpolicy", MaxConcurrentReconciles = options.MaxConcurrentReconciles }, policies, reconciler, context)
            .Owns(owned.Caches[RenderedKinds.ConfigMaps])
            .Owns(owned.Caches[RenderedKinds.VmRules])
            .Owns(owned.Caches[RenderedKinds.OpenReports])
            .Owns(owned.Caches[RenderedKinds.PolicyReports]);
        host.Add(policies).Add(controller);
        return controller;
    }

    private static Controller<PolicyAuditSchedule> AddPolicyAudits(
        ControllerHost host, OperatorOptions options, IKubeClient client, Informer<PolicyAuditSchedule> schedules, EventRecorder events, Owned owned,
        OwnImage image, DaemonResults daemons, AuditTrail trail, RuntimeContext context)
    {
        var runs = new RunCaches(client, options.WatchNamespaces, AuditPod.ScheduleLabel, AuditPod.ContainerName, context);
        var reconciler = new PolicyAuditReconciler(
            new Applier(client, owned.Objects, Product, context), new StatusWriter(client, Product), events, client, image,
            new DependencyLookup(client), runs, daemons, trail, context.Time);
        var controller = new Controller<PolicyAuditSchedule>(
                new ControllerOptions { Name = "policyauditschedule", MaxConcurrentReconciles = options.MaxConcurrentReconciles }, schedules, reconciler, context)
            .Watches(runs.Jobs, runs.KeyOf)
            .Watches(runs.Pods, runs.KeyOf);
        foreach (var cache in owned.Caches.Values)
        {
            controller.Owns(cache);
        }

        host.Add(schedules).Add(runs.Jobs).Add(runs.Pods).Add(controller);
        return controller;
    }

    private static Controller<AuditBackup> AddAuditBackups(
        ControllerHost host, OperatorOptions options, IKubeClient client, Informer<AuditBackup> backups, EventRecorder events, Owned owned,
        OwnImage image, AuditTrail trail, RuntimeContext context)
    {
        var runs = new RunCaches(client, options.WatchNamespaces, BackupPod.BackupLabel, BackupPod.ContainerName, context, BackupPod.TaskLabel);
        var reconciler = new AuditBackupReconciler(
            new Applier(client, owned.Objects, Product, context), new StatusWriter(client, Product), events, client, image,
            new DependencyLookup(client), runs, trail, context.Time);
        var controller = new Controller<AuditBackup>(
                new ControllerOptions { Name = "auditbackup", MaxConcurrentReconciles = options.MaxConcurrentReconciles, Annotations = [RestoreRequest.Annotation] },
                backups, reconciler, context)
            .Watches(runs.Jobs, runs.KeyOf)
            .Watches(runs.Pods, runs.KeyOf)
            .Owns(owned.Caches[RenderedKinds.CronJobs])
            .Owns(owned.Caches[RenderedKinds.NetworkPolicies])
            .Owns(owned.Caches[RenderedKinds.VmRules]);
        host.Add(backups).Add(runs.Jobs).Add(runs.Pods).Add(controller);
        return controller;
    }

    private static Controller<DriftWatch> AddDriftWatches(
        ControllerHost host, OperatorOptions options, IKubeClient client, Informer<DriftWatch> watches, EventRecorder events, Owned owned, OwnImage image,
        DriftReports reports, AuditTrail trail, RuntimeContext context)
    {
        var runs = new RunCaches(client, options.WatchNamespaces, WatchPod.WatchLabel, WatchPod.ContainerName, context);
        var reconciler = new DriftWatchReconciler(
            new Applier(client, owned.Objects, Product, context), new StatusWriter(client, Product), events, image, new DependencyLookup(client), runs, reports,
            options.PodNamespace ?? options.LeaderElectionNamespace, trail, context.Time);
        var controller = new Controller<DriftWatch>(
                new ControllerOptions { Name = "driftwatch", MaxConcurrentReconciles = options.MaxConcurrentReconciles }, watches, reconciler, context)
            .Watches(runs.Pods, runs.KeyOf);
        foreach (var cache in owned.Caches.Values)
        {
            controller.Owns(cache);
        }

        host.Add(watches).Add(runs.Pods).Add(controller);
        return controller;
    }

    private static KubeClient AddLeaderElection(ControllerHost host, OperatorOptions options, EventRecorder events, RuntimeContext context)
    {
        var election = new LeaderElectionOptions
        {
            Namespace = options.LeaderElectionNamespace,
            Name = LeaseName,
            Identity = LeaderElectionOptions.IdentityOf(options.Instance),
        };
        var client = KubeClient.Create(
            options.Cluster, new KubeClientOptions { Product = Product }.ForLeaderElection(election.RenewDeadline), context.Loggers.CreateLogger("leader-election"));
        host.Use(new LeaderElector(client, election, context, events));
        return client;
    }

    /// <summary>Says at the start which verb on which resource RBAC withholds, instead of leaving it to a cache that never fills.</summary>
    private static async Task ReportMissingPermissionsAsync(IKubeClient client, IReadOnlyList<string> namespaces, ILogger logger, CancellationToken cancellationToken)
    {
        NeededAccess[] needed =
        [
            new NeededAccess(ResourceTypes.AuditBackups, ["list", "watch"]),
            new NeededAccess(ResourceTypes.AuditBackups, ["patch"], "status"),
            new NeededAccess(ResourceTypes.AuditPolicies, ["list", "watch"]),
            new NeededAccess(ResourceTypes.AuditPolicies, ["patch"], "status"),
            new NeededAccess(ResourceTypes.PolicyAuditSchedules, ["list", "watch"]),
            new NeededAccess(ResourceTypes.PolicyAuditSchedules, ["patch"], "status"),
            new NeededAccess(ResourceTypes.DriftWatches, ["list", "watch"]),
            new NeededAccess(ResourceTypes.DriftWatches, ["patch"], "status"),
            new NeededAccess(ObservedJob.Type, ["list", "watch", "create"]),
            new NeededAccess(ObservedPod.Type, ["list", "watch"]),
            .. RenderedKinds.All.Select(kind => new NeededAccess(kind.Type, ["get", "list", "watch", "create", "patch", "delete"])),
            new NeededAccess(Comptroller.Kubernetes.Model.KubernetesTypes.Events, ["create", "patch"]),
        ];
        try
        {
            foreach (var missing in await AccessCheck.MissingAsync(client, needed, namespaces, cancellationToken))
            {
                LogMissing(logger, missing.Verb, missing.Resource, missing.Namespace.Length == 0 ? "all namespaces" : missing.Namespace);
            }
        }
        catch (KubeApiException e)
        {
            LogUnchecked(logger, e.Message);
        }
        catch (OperationCanceledException)
        {
            // Stopped before the check was through.
        }
    }

    [LoggerMessage(LogLevel.Information, "Sending {Target}")]
    private static partial void LogExporting(ILogger logger, TelemetryTarget target);

    [LoggerMessage(LogLevel.Error, "RBAC withholds '{Verb}' on {Resource} in {Scope}: bind the service account to the role in config/rbac/manager.yaml")]
    private static partial void LogMissing(ILogger logger, string verb, string resource, string scope);

    [LoggerMessage(LogLevel.Warning, "The own permissions could not be checked: {Problem}")]
    private static partial void LogUnchecked(ILogger logger, string problem);

    /// <summary>What is known of rendered objects, and the caches that know it.</summary>
    private sealed record Owned(OwnedObjects Objects, IReadOnlyDictionary<ResourceType, Informer<Comptroller.Kubernetes.Model.PartialObjectMetadata>> Caches);
}
