using System.Collections.Immutable;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>
/// The alerts on one schedule. They stand on what the operator exports from the status, so they outlive the pods of the runs. Replicas of
/// the operator export the same: every expression takes the maximum over them.
/// </summary>
internal static class PolicyAuditRules
{
    public const string Failing = "PolicyAuditFailing";
    public const string Stale = "PolicyAuditStale";
    public const string ScoreDropped = "PolicyAuditScoreDropped";
    public const string BelowThreshold = "PolicyAuditBelowThreshold";
    public const string Throttled = "PolicyAuditThrottled";
    public const string ApiErrors = "PolicyAuditApiErrors";
    public const string NotReady = "PolicyAuditNotReady";
    public const string Unobserved = "PolicyAuditUnobserved";

    private static readonly string[] Names = [Failing, Stale, ScoreDropped, BelowThreshold, Throttled, ApiErrors, NotReady, Unobserved];

    public static IEnumerable<string> Errors(PolicyAuditAlerts alerts) => AlertRules.Errors(alerts.Disabled, Names);

    /// <summary>The alerts of a schedule.</summary>
    public static ImmutableArray<AlertRule> For(ObjectMeta owner, PolicyAuditScheduleSpec spec)
    {
        var alerts = spec.Alerts;
        var of = $"{{{PolicyAuditMetrics.NamespaceLabel}=\"{owner.Namespace}\",{PolicyAuditMetrics.NameLabel}=\"{owner.Name}\"}}";
        const string By = $"by ({PolicyAuditMetrics.NamespaceLabel}, {PolicyAuditMetrics.NameLabel})";
        var calls = $"clamp_min({Max(PolicyAuditMetrics.ApiCalls)}, 1)";
        AlertRule[] rules =
        [
            new(Failing, "critical", $"{Max(PolicyAuditMetrics.ConsecutiveFailures)} >= {alerts.FailedRuns}", "0s",
                "The last {{ $value }} audits failed", "Read status.lastRun.message of the resource; with exit code 2 the log of the Job's pod says which request failed."),
            new(Stale, "critical", $"time() > {Max(PolicyAuditMetrics.StaleTimestamp)} unless {Max(PolicyAuditMetrics.Suspended)} == 1", "5m",
                "No complete audit for two intervals", "Look at the CronJob and its Jobs: they may be suspended, not scheduled, degraded or failing."),
            new(ScoreDropped, "warning", $"max {By} (max_over_time({PolicyAuditMetrics.Score}{of}[24h])) - {Max(PolicyAuditMetrics.Score)} >= {alerts.ScoreDrop}", "0s",
                "The score fell by {{ $value }} points within a day", "Compare the newest policy-audit report with the one before: a policy was loosened, disabled or replaced."),
            new(BelowThreshold, "warning", $"{Max(PolicyAuditMetrics.Score)} < {spec.Thresholds.MinScore}", "0s",
                "The score is {{ $value }} %, below the threshold", "The newest policy-audit report lists the failing settings of every policy."),
            new(Throttled, "info", $"100 * {Max(PolicyAuditMetrics.Throttled)} / {calls} > {alerts.ThrottledPercent}", "0s",
                "The Falcon API refused {{ $value | printf \"%.0f\" }} % of the requests of the last audit for their rate",
                "Other clients of the tenant share its limit. Lower spec.rateLimit, or audit less often."),
            new(ApiErrors, "warning", $"100 * {Max(PolicyAuditMetrics.ApiErrors)} / {calls} > {alerts.ApiErrorPercent}", "0s",
                "{{ $value | printf \"%.0f\" }} % of the requests of the last audit failed", "The log of the Job's pod names each request. Check the scopes of the API client and the state of the Falcon cloud."),
            new(NotReady, "warning", $"{Max(PolicyAuditMetrics.Ready)} == 0", "15m",
                "Audits cannot run", "The condition Ready of the resource says what is in the way, such as a missing Secret."),
            // Without the operator's metrics every other alert is silent.
            new(Unobserved, "critical", $"absent({PolicyAuditMetrics.Ready}{of})", "15m",
                "Nobody reports on this schedule", "The operator is down, is not scraped, or does not watch the namespace. Delete the PolicyAuditSchedule if it is not wanted any more."),
        ];
        return [.. rules.Where(rule => !alerts.Disabled.Contains(rule.Name, StringComparer.Ordinal))];

        string Max(string metric) => $"max {By} ({metric}{of})";
    }

    public static DesiredObject? Render(ObjectMeta owner, PolicyAuditScheduleSpec spec) => new AlertRules(
        $"{owner.Name}-policy-audit", "policy-audit", spec.Alerts.Interval, spec.Alerts.Labels, spec.Alerts.RunbookUrl, For(owner, spec),
        [(PolicyAuditMetrics.NamespaceLabel, owner.Namespace), (PolicyAuditMetrics.NameLabel, owner.Name)]).Render(owner);
}
