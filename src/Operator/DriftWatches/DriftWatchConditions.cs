using System.Globalization;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>
/// What a DriftWatch says about itself, as functions from what was planned, applied and told by its pods. <c>Ready</c>, <c>Reconciling</c>,
/// <c>Stalled</c> and <c>Suspended</c> follow <see cref="Conditions"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>Ready</term><description>Everything is rendered, a pod is ready, and tells that it judges by current states. Open drifts do not touch it.</description></item>
/// <item><term>DriftDetected</term><description>True/DriftDetected, False/NoDrift; Unknown/StateUnavailable, SourceStale, ComparisonFailed, Unobserved (no pod answers), Suspended while a "no" would be a guess.</description></item>
/// <item><term>StateFresh</term><description>True/Fresh, False/StateUnavailable (a state was never read), False/SourceStale (judging by the last good one), Unknown/Unobserved, Unknown/Suspended.</description></item>
/// </list>
/// </remarks>
internal static class DriftWatchConditions
{
    public const string DriftDetected = "DriftDetected";
    public const string StateFresh = "StateFresh";

    public const string NoDrift = "NoDrift";
    public const string Fresh = "Fresh";
    public const string StateUnavailable = "StateUnavailable";
    public const string SourceStale = "SourceStale";
    public const string ComparisonFailed = "ComparisonFailed";
    public const string Unobserved = "Unobserved";
    public const string SourceMissing = "SourceMissing";
    public const string PodsNotReady = "PodsNotReady";
    public const string NotRelied = "WatchNotReady";

    private const string NobodyAnswers = "no pod of the watch has told what it knows";

    /// <summary>What keeps a watch from watching; null when nothing is known to.</summary>
    public static Obstacle? Obstacle(DriftWatchSpec spec, DriftWatchInputs inputs, IReadOnlyCollection<ObservedPod> pods, DriftWatchReport? report)
    {
        if (inputs.Missing is [var first, ..])
        {
            var all = string.Join(", ", inputs.Missing.Select(each => $"{each.Kind} {each.Name} ({each.Field})"));
            return new Obstacle(first.Kind == "Secret" ? Workloads.Obstacle.CredentialsMissing : SourceMissing, $"missing: {all}. Pods wait for it, and start by themselves once it is there");
        }

        if (spec.Suspend)
        {
            return null;
        }

        if (Workloads.Obstacle.OfPods(pods) is { } waiting)
        {
            return waiting;
        }

        if (!pods.Any(pod => pod.IsRunning))
        {
            // A kubelet tells of volumes that it cannot mount in events only, and those are not read here.
            var told = pods.Select(pod => pod.Wait?.Message).FirstOrDefault(message => message is { Length: > 0 });
            var needed = DriftDependencies.Of(spec);
            return new Obstacle(PodsNotReady, told is not null ? $"no pod runs: {told}"
                : needed.Count == 0 ? "no pod runs yet"
                : $"no pod runs yet; it starts once these are there with the keys that the spec names: {string.Join(", ", needed.Select(each => $"{each.Kind} {each.Name}"))}");
        }

        return report is null ? new Obstacle(Unobserved, $"{NobodyAnswers}: they start, or a NetworkPolicy of yours keeps the operator from port {spec.Intake.Port}")
            : report.Unready is { } why ? new Obstacle(WhyStale(report) ?? NotRelied, why)
            : !pods.Any(pod => pod.IsReady) ? new Obstacle(PodsNotReady, "no pod is ready")
            : null;
    }

    /// <summary>Everything was tried; each object has its result and none failed.</summary>
    /// <param name="resource">The resource as read.</param>
    /// <param name="status">Its status, with what pods have told since.</param>
    /// <param name="applied">What became of the objects.</param>
    /// <param name="obstacle">What is in the way; null when nothing is known to be.</param>
    /// <param name="report">What a pod told just now; null when none answered.</param>
    /// <param name="now">The time.</param>
    public static DriftWatchStatus Rendered(
        DriftWatch resource, DriftWatchStatus status, ApplyReport applied, Obstacle? obstacle, DriftWatchReport? report, DateTimeOffset now)
    {
        var generation = resource.Metadata.Generation;
        var conditions = Of(resource).Rendered(applied, Summary(status, report), generation, now).Unless(obstacle, generation, now);

        foreach (var (type, (verdict, reason, message)) in new[] { (DriftDetected, Drifted(resource.Spec, report)), (StateFresh, FreshOf(resource.Spec, report)) })
        {
            conditions = conditions.With(type, verdict, reason, RenderConditions.Bounded(message), generation, now);
        }

        if (resource.Spec.Suspend)
        {
            conditions = conditions.Suspended(generation, now, "spec.suspend is true: no pod runs, and events are refused");
        }

        return status with { ObservedGeneration = conditions.ObservedGeneration, Conditions = conditions.Items, Inventory = applied.Inventory };
    }

    /// <summary>The reconcile failed. What the watch told stays; <paramref name="inventory"/> keeps what had already been applied.</summary>
    public static DriftWatchStatus Failed(DriftWatch resource, Exception failure, IReadOnlyList<InventoryEntry>? inventory, DateTimeOffset now)
    {
        var conditions = Of(resource).Failed(failure, resource.Metadata.Generation, now);
        return resource.Status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            Inventory = inventory ?? resource.Status.Inventory,
        };
    }

    /// <summary>The status with what a pod told.</summary>
    public static DriftWatchStatus Told(DriftWatch resource, DriftWatchStatus status, DriftWatchReport report)
    {
        var names = resource.Spec.States;
        return status with
        {
            Drifts = report.Drifts with { Summary = Open(report.Drifts) },
            CoveragePercent = report.Coverage is { } share ? (int)Math.Floor(share * 100) : null,
            LastComparisonTime = report.LastComparisonTime,
            LastRefreshTime = report.LastRefreshTime,
            // A pod of an older generation may have other states: only what is told of all of them can be named.
            States = report.States.Count == names.Count ? [.. report.States.Zip(names, (state, named) => state with { Name = named.Name })] : status.States,
        };
    }

    /// <summary>Open drifts in words.</summary>
    public static string Open(DriftCounts counts)
    {
        var parts = new[] { (counts.Critical, "critical"), (counts.High, "high"), (counts.Medium, "medium"), (counts.Low, "low") }
            .Where(part => part.Item1 > 0).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Item1} {part.Item2}")).ToList();
        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }

    private static string Summary(DriftWatchStatus status, DriftWatchReport? report) =>
        report is null ? NobodyAnswers : $"watching {Resources(report)} in {report.States.Count} {(report.States.Count == 1 ? "state" : "states")}; open drifts: {status.Drifts?.Summary ?? "none"}";

    private static string Resources(DriftWatchReport report) =>
        report.States.Sum(state => state.Resources) is var count && count == 1 ? "1 resource" : string.Create(CultureInfo.InvariantCulture, $"{count} resources");

    private static (string Status, string Reason, string Message) Drifted(DriftWatchSpec spec, DriftWatchReport? report) =>
        spec.Suspend ? ("Unknown", ConditionReason.Suspended, "nobody watches while suspended")
        : report is null ? ("Unknown", Unobserved, NobodyAnswers)
        : report.Drifts.Open > 0 ? ("True", DriftDetected, $"open drifts: {Open(report.Drifts)}")
        : WhyStale(report) is { } reason ? ("Unknown", reason, report.Unready ?? Error(report) ?? "no state has been read yet")
        : report.ComparisonError is { } error ? ("Unknown", ComparisonFailed, error)
        : ("False", NoDrift, "no drift is open");

    private static (string Status, string Reason, string Message) FreshOf(DriftWatchSpec spec, DriftWatchReport? report) =>
        spec.Suspend ? ("Unknown", ConditionReason.Suspended, "states are not read while suspended")
        : report is null ? ("Unknown", Unobserved, NobodyAnswers)
        : WhyStale(report) is { } reason ? ("False", reason, Error(report) ?? report.Unready ?? "no state has been read yet")
        : ("True", Fresh, string.Join(", ", report.States.Select(state => string.Create(CultureInfo.InvariantCulture, $"{state.Name} serial {state.Serial}"))));

    /// <summary>Null when every state was read when it was due.</summary>
    private static string? WhyStale(DriftWatchReport report) =>
        report.States.Count == 0 || report.States.Any(state => state.Serial is null) ? StateUnavailable
        : report.States.Any(state => state.Error is not null) ? SourceStale : null;

    private static string? Error(DriftWatchReport report) => report.States.Select(state => state.Error).FirstOrDefault(error => error is not null);

    private static Conditions Of(DriftWatch resource) => new(resource.Status.ObservedGeneration, resource.Status.Conditions ?? []);
}
