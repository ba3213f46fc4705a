using System.Diagnostics.Metrics;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What the statuses of schedules say, as gauges.</summary>
internal sealed class PolicyAuditMetrics : IDisposable
{
    public const string NamespaceLabel = "audit_namespace";
    public const string NameLabel = "audit_name";

    public const string Score = Prefix + "score_percent";
    public const string Threshold = Prefix + "threshold_percent";
    public const string Policies = Prefix + "policies";
    public const string Hosts = Prefix + "hosts";
    public const string ZeroTrustScore = Prefix + "zero_trust_score_percent";
    public const string Compliant = Prefix + "compliant";
    public const string Ready = Prefix + "ready";
    public const string Suspended = Prefix + "suspended";
    public const string ConsecutiveFailures = Prefix + "consecutive_failures";
    public const string Runs = Prefix + "runs";
    public const string FailedRuns = Prefix + "failed_runs";
    public const string LastRunTimestamp = Prefix + "last_run_timestamp_seconds";
    public const string LastSuccessTimestamp = Prefix + "last_success_timestamp_seconds";
    public const string NextRunTimestamp = Prefix + "next_run_timestamp_seconds";
    public const string StaleTimestamp = Prefix + "stale_timestamp_seconds";
    public const string Duration = Prefix + "duration_seconds";
    public const string ApiCalls = Prefix + "api_calls";
    public const string Throttled = Prefix + "throttled_requests";
    public const string ApiErrors = Prefix + "api_errors";

    private const string Prefix = "comptroller_policy_audit_";

    private readonly StatusGauges<PolicyAuditSchedule> gauges;

    /// <param name="schedules">All schedules as they are now.</param>
    public PolicyAuditMetrics(Func<IReadOnlyList<PolicyAuditSchedule>> schedules)
    {
        gauges = new("Comptroller.PolicyAudits", schedules, NamespaceLabel, NameLabel);
        gauges.Add(Score, "Share of checks that passed in the newest complete run, in percent", item => item.Status.Audit?.Score);
        gauges.Add(Threshold, "Score from which on the schedule is compliant, in percent", item => item.Spec.Thresholds.MinScore);
        gauges.Add(Hosts, "Hosts in the newest complete run", item => item.Status.Audit?.Hosts);
        gauges.Add(ZeroTrustScore, "Zero Trust score of the tenant in the newest complete run, in percent, absent when it is not asked for", item => item.Status.Audit?.ZeroTrustScore);
        gauges.Add(Compliant, "1 when compliant, 0 when not, absent when unknown", item => Truth(item, PolicyAuditConditions.Compliant));
        gauges.Add(Ready, "1 when audits can run", item => Truth(item, Conditions.Ready) ?? 0);
        gauges.Add(Suspended, "1 while suspended", item => item.Spec.Suspend ? 1 : 0);
        gauges.Add(ConsecutiveFailures, "Failed runs since the last one that did not fail", item => item.Status.ConsecutiveFailures);
        gauges.Add(Runs, "Runs that ended since the schedule exists", item => item.Status.Runs);
        gauges.Add(FailedRuns, "Runs that failed since the schedule exists", item => item.Status.FailedRuns);
        gauges.Add(LastRunTimestamp, "When the newest run ended", item => Seconds(item.Status.LastRun?.EndTime));
        gauges.Add(LastSuccessTimestamp, "When the newest complete run ended", item => Seconds(item.Status.LastSuccessTime));
        gauges.Add(NextRunTimestamp, "When the next run is due", item => Seconds(item.Status.NextRunTime));
        gauges.Add(StaleTimestamp, "When the newest complete run becomes older than two intervals; of a schedule without one, when it becomes so itself", StaleAt);
        gauges.Add(Duration, "How long the newest run took", item => item.Status.LastRun?.DurationSeconds);
        gauges.Add(ApiCalls, "Requests of the newest run", item => item.Status.LastRun?.ApiCalls);
        gauges.Add(Throttled, "Requests of the newest run that were refused for their rate", item => item.Status.LastRun?.Throttled);
        gauges.Add(ApiErrors, "Requests of the newest run that failed", item => item.Status.LastRun?.ApiErrors);
        gauges.AddMany(Policies, "Policies in the newest complete run, by type and result", item =>
            from policies in item.Status.Audit?.Policies ?? []
            from count in new[] { ("passed", policies.Passed), ("failed", policies.Failed) }
            select ((double)count.Item2, new KeyValuePair<string, object?>[] { new("type", policies.Type), new("result", count.Item1) }));
    }

    public Meter Meter => gauges.Meter;

    public void Dispose() => gauges.Dispose();

    private static double? StaleAt(PolicyAuditSchedule item) =>
        (item.Status.LastSuccessTime ?? item.Metadata.CreationTimestamp) is { } since
            ? Seconds(PolicyAuditPlan.ReadTimetable(item.Spec, item.Spec.Schedules.FetchAndGrade, "").Value?.FreshUntil(since)) : null;

    private static double? Truth(PolicyAuditSchedule item, string condition) => StatusGauges<PolicyAuditSchedule>.Truth(item.Status.Conditions, condition);

    private static double? Seconds(DateTimeOffset? time) => StatusGauges<PolicyAuditSchedule>.Seconds(time);
}
