using System.Diagnostics.Metrics;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>
/// What the statuses say, as gauges: a run's pod is gone before anybody could scrape it, and the status is not. Read from the cache when
/// somebody scrapes, also by a standby.
/// </summary>
internal sealed class PolicyAuditMetrics : IDisposable
{
    // "namespace" and "name" would be those of the operator's own pod once Prometheus has scraped it.
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

    private readonly Func<IReadOnlyList<PolicyAuditSchedule>> schedules;

    /// <param name="schedules">All schedules as they are now.</param>
    public PolicyAuditMetrics(Func<IReadOnlyList<PolicyAuditSchedule>> schedules)
    {
        this.schedules = schedules;
        Gauge(Score, "Share of checks that passed in the newest complete run, in percent", item => item.Status.Audit?.Score);
        Gauge(Threshold, "Score from which on the schedule is compliant, in percent", item => item.Spec.Thresholds.MinScore);
        Gauge(Hosts, "Hosts in the newest complete run", item => item.Status.Audit?.Hosts);
        Gauge(ZeroTrustScore, "Zero Trust score of the tenant in the newest complete run, in percent, absent when it is not asked for", item => item.Status.Audit?.ZeroTrustScore);
        Gauge(Compliant, "1 when compliant, 0 when not, absent when unknown", item => Truth(item, PolicyAuditConditions.Compliant));
        Gauge(Ready, "1 when audits can run", item => Truth(item, Conditions.Ready) ?? 0);
        Gauge(Suspended, "1 while suspended", item => item.Spec.Suspend ? 1 : 0);
        Gauge(ConsecutiveFailures, "Failed runs since the last one that did not fail", item => item.Status.ConsecutiveFailures);
        Gauge(Runs, "Runs that ended since the schedule exists", item => item.Status.Runs);
        Gauge(FailedRuns, "Runs that failed since the schedule exists", item => item.Status.FailedRuns);
        Gauge(LastRunTimestamp, "When the newest run ended", item => Seconds(item.Status.LastRun?.EndTime));
        Gauge(LastSuccessTimestamp, "When the newest complete run ended", item => Seconds(item.Status.LastSuccessTime));
        Gauge(NextRunTimestamp, "When the next run is due", item => Seconds(item.Status.NextRunTime));
        Gauge(StaleTimestamp, "When the newest complete run becomes older than two intervals; of a schedule without one, when it becomes so itself", StaleAt);
        Gauge(Duration, "How long the newest run took", item => item.Status.LastRun?.DurationSeconds);
        Gauge(ApiCalls, "Requests of the newest run", item => item.Status.LastRun?.ApiCalls);
        Gauge(Throttled, "Requests of the newest run that were refused for their rate", item => item.Status.LastRun?.Throttled);
        Gauge(ApiErrors, "Requests of the newest run that failed", item => item.Status.LastRun?.ApiErrors);
        Meter.CreateObservableGauge(Policies, ObservePolicies, unit: null, "Policies in the newest complete run, by type and result");
    }

    public Meter Meter { get; } = new("Comptroller.PolicyAudits");

    public void Dispose() => Meter.Dispose();

    private static double? StaleAt(PolicyAuditSchedule item) =>
        (item.Status.LastSuccessTime ?? item.Metadata.CreationTimestamp) is { } since
            ? Seconds(AuditTimetable.Read(item.Spec.Mode, item.Spec.Schedules.FetchAndGrade, item.Spec.TimeZone, "").Value?.FreshUntil(since)) : null;

    private static double? Truth(PolicyAuditSchedule item, string condition) =>
        item.Status.Conditions?.FirstOrDefault(each => each.Type == condition)?.Status switch { "True" => 1, "False" => 0, _ => null };

    private static double? Seconds(DateTimeOffset? time) => time?.ToUnixTimeSeconds();

    private void Gauge(string name, string description, Func<PolicyAuditSchedule, double?> read) =>
        Meter.CreateObservableGauge(name, () => Observe(read), unit: null, description);

    private List<Measurement<double>> Observe(Func<PolicyAuditSchedule, double?> read)
    {
        var measurements = new List<Measurement<double>>();
        foreach (var item in schedules())
        {
            if (read(item) is { } value)
            {
                measurements.Add(new Measurement<double>(value, new(NamespaceLabel, item.Metadata.Namespace), new(NameLabel, item.Metadata.Name)));
            }
        }

        return measurements;
    }

    private IEnumerable<Measurement<double>> ObservePolicies() =>
        from item in schedules()
        from policies in item.Status.Audit?.Policies ?? []
        from count in new[] { ("passed", policies.Passed), ("failed", policies.Failed) }
        select new Measurement<double>(
            count.Item2, new(NamespaceLabel, item.Metadata.Namespace), new(NameLabel, item.Metadata.Name), new("type", policies.Type), new("result", count.Item1));
}
