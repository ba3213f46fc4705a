using System.Diagnostics.Metrics;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>What the statuses of watches say, as gauges. What single pods measure is on their own pages.</summary>
internal sealed class DriftWatchMetrics : IDisposable
{
    public const string NamespaceLabel = "drift_namespace";
    public const string NameLabel = "drift_name";

    public const string Ready = Prefix + "ready";
    public const string Suspended = Prefix + "suspended";
    public const string WantedReplicas = Prefix + "wanted_replicas";
    public const string ReadyReplicas = Prefix + "ready_replicas";
    public const string DriftDetected = Prefix + "drift_detected";
    public const string StateFresh = Prefix + "state_fresh";
    public const string OpenDrifts = Prefix + "open_drifts";
    public const string Drifts = Prefix + "drifts";
    public const string Coverage = Prefix + "coverage_percent";
    public const string StateResources = Prefix + "state_resources";
    public const string LastRefreshTimestamp = Prefix + "last_refresh_timestamp_seconds";
    public const string LastComparisonTimestamp = Prefix + "last_comparison_timestamp_seconds";

    private const string Prefix = "comptroller_drift_watch_";

    private readonly StatusGauges<DriftWatch> gauges;

    /// <param name="watches">All watches as they are now.</param>
    public DriftWatchMetrics(Func<IReadOnlyList<DriftWatch>> watches)
    {
        gauges = new("Comptroller.DriftWatches", watches, NamespaceLabel, NameLabel);
        gauges.Add(Ready, "1 when it watches by current states", item => Truth(item, Conditions.Ready) ?? 0);
        gauges.Add(Suspended, "1 while suspended", item => item.Spec.Suspend ? 1 : 0);
        gauges.Add(WantedReplicas, "Pods that there should be at least", item => DriftObjects.Wanted(item.Spec));
        gauges.Add(ReadyReplicas, "Pods that are ready", item => item.Status.ReadyReplicas);
        gauges.Add(DriftDetected, "1 when a drift is open, 0 when none is, absent when unknown", item => Truth(item, DriftWatchConditions.DriftDetected));
        gauges.Add(StateFresh, "1 when every state was read when it was due, 0 when not, absent when unknown", item => Truth(item, DriftWatchConditions.StateFresh));
        gauges.Add(Coverage, "Share of the cloud's resources that a state manages, in percent", item => item.Status.CoveragePercent);
        gauges.Add(LastRefreshTimestamp, "When every state was last seen to be current", item => StatusGauges<DriftWatch>.Seconds(item.Status.LastRefreshTime));
        gauges.Add(LastComparisonTimestamp, "When states and cloud were last compared in full", item => StatusGauges<DriftWatch>.Seconds(item.Status.LastComparisonTime));
        gauges.AddMany(OpenDrifts, "Open drifts by severity", item => Counts("severity", item.Status.Drifts is { } drifts
            ? [("critical", drifts.Critical), ("high", drifts.High), ("medium", drifts.Medium), ("low", drifts.Low)] : []));
        gauges.AddMany(Drifts, "Drifts by where they are in their life", item => Counts("status", item.Status.Drifts is { } drifts
            ? [("open", drifts.Open), ("pending", drifts.Pending), ("acknowledged", drifts.Acknowledged), ("suppressed", drifts.Suppressed), ("resolved", drifts.Resolved)] : []));
        gauges.AddMany(StateResources, "Managed resources of a state", item => Counts("state", [.. (item.Status.States ?? []).Select(state => (state.Name, state.Resources))]));
    }

    public Meter Meter => gauges.Meter;

    public void Dispose() => gauges.Dispose();

    private static double? Truth(DriftWatch item, string condition) => StatusGauges<DriftWatch>.Truth(item.Status.Conditions, condition);

    private static IEnumerable<(double Value, KeyValuePair<string, object?>[] Labels)> Counts(string label, IReadOnlyList<(string Name, long Count)> counts) =>
        counts.Select(each => ((double)each.Count, new KeyValuePair<string, object?>[] { new(label, each.Name) }));
}
