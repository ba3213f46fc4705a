using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>
/// What a PolicyAuditSchedule says about itself, as functions from what was planned, applied and handed back. <c>Ready</c>,
/// <c>Reconciling</c>, <c>Stalled</c> and <c>Suspended</c> follow <see cref="Conditions"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>Ready</term><description>Everything is rendered and nothing known keeps a run from starting. In Daemon mode that takes a ready pod, and a daemon is not ready while its runs keep failing; a CronJob's failing runs do not touch it. Alerts tell both.</description></item>
/// <item><term>Compliant</term><description>True/ScoreMet, False/BelowThreshold, Unknown/NoCompleteRun, Unknown/Stale (the newest complete run is older than two intervals).</description></item>
/// </list>
/// </remarks>
internal static class PolicyAuditConditions
{
    public const string Compliant = "Compliant";

    public const string ScoreMet = "ScoreMet";
    public const string BelowThreshold = "BelowThreshold";
    public const string NoCompleteRun = "NoCompleteRun";
    public const string Stale = "Stale";
    public const string GradingMissing = "GradingMissing";

    /// <summary>Everything was tried; each object has its result and none failed.</summary>
    /// <param name="resource">The resource as read.</param>
    /// <param name="status">Its status, with the runs that have ended since.</param>
    /// <param name="plan">What was planned.</param>
    /// <param name="report">What became of it.</param>
    /// <param name="obstacle">What keeps runs from starting; null when nothing is known to.</param>
    /// <param name="now">The time.</param>
    public static PolicyAuditScheduleStatus Rendered(
        PolicyAuditSchedule resource, PolicyAuditScheduleStatus status, PolicyAuditPlan plan, ApplyReport report, Obstacle? obstacle, DateTimeOffset now)
    {
        var generation = resource.Metadata.Generation;
        var conditions = Of(resource).Rendered(report, Summary(status), generation, now).Unless(obstacle, generation, now);

        var (verdict, reason, message) = Verdict(resource.Spec, status, plan.Timetable!, now);
        conditions = conditions.With(Compliant, verdict, reason, message, generation, now);
        if (resource.Spec.Suspend)
        {
            conditions = conditions.Suspended(generation, now, "spec.suspend is true: no run is started");
        }

        return status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            NextRunTime = resource.Spec.Suspend || obstacle is { HoldsRuns: true } ? null : plan.Timetable!.NextAfter(now),
            Inventory = report.Inventory,
        };
    }

    /// <summary>The reconcile failed. What runs found stays told; <paramref name="inventory"/> keeps what had already been applied.</summary>
    public static PolicyAuditScheduleStatus Failed(PolicyAuditSchedule resource, Exception failure, IReadOnlyList<InventoryEntry>? inventory, DateTimeOffset now)
    {
        var conditions = Of(resource).Failed(failure, resource.Metadata.Generation, now);
        return resource.Status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            Inventory = inventory ?? resource.Status.Inventory,
        };
    }

    /// <summary>When the conditions change by themselves: time alone makes a run due, and a score too old.</summary>
    public static DateTimeOffset NextChange(PolicyAuditScheduleStatus status, Timetable timetable, DateTimeOffset now)
    {
        var next = timetable.NextAfter(now);
        return status.LastSuccessTime is { } success && timetable.FreshUntil(success) is var stale && stale > now && stale < next ? stale : next;
    }

    /// <summary>One line for people: how the last run ended and what the last complete one found.</summary>
    public static string Summary(PolicyAuditScheduleStatus status) => status switch
    {
        { LastRun: null } => "no run has ended yet",
        { LastRun.Outcome: AuditOutcomes.Failed } => RenderConditions.Bounded($"the last {(status.ConsecutiveFailures == 1 ? "run" : $"{status.ConsecutiveFailures} runs")} failed: {status.LastRun.Message ?? "no reason was given"}"),
        { LastRun.Outcome: AuditOutcomes.Degraded } => RenderConditions.Bounded($"score {status.Audit!.Score} %, {Failing(status.Audit)} failed; {status.LastRun.Message ?? "some policy cannot be read"}"),
        _ => $"score {status.Audit!.Score} %, {Failing(status.Audit)} failed{(status.Audit.ZeroTrustScore is { } trust ? $", Zero Trust {trust} %" : "")}",
    };

    private static (string Status, string Reason, string Message) Verdict(
        PolicyAuditScheduleSpec spec, PolicyAuditScheduleStatus status, Timetable timetable, DateTimeOffset now)
    {
        if (status is not { LastSuccessTime: { } success, Audit: { } audit })
        {
            return ("Unknown", NoCompleteRun, "no run has audited everything yet");
        }

        var fresh = timetable.FreshUntil(success);
        if (now > fresh)
        {
            return ("Unknown", Stale, $"the newest complete run ended at {Time(success)} and spoke for the time until {Time(fresh)}");
        }

        return audit.Score >= spec.Thresholds.MinScore
            ? ("True", ScoreMet, $"score {audit.Score} %, at least {spec.Thresholds.MinScore} % wanted")
            : ("False", BelowThreshold, $"score {audit.Score} %, at least {spec.Thresholds.MinScore} % wanted; {Failing(audit)} failed");
    }

    private static string Failing(AuditFindingsStatus audit)
    {
        var (failed, all) = (audit.Policies?.Sum(each => each.Failed) ?? 0, audit.Policies?.Sum(each => each.Passed + each.Failed) ?? 0);
        return $"{failed} of {all} policies";
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy'-'MM'-'dd'T'HH':'mm':'ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static Conditions Of(PolicyAuditSchedule resource) => new(resource.Status.ObservedGeneration, resource.Status.Conditions ?? []);
}
