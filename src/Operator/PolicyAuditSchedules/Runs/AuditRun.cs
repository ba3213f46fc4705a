using System.Collections.Immutable;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Workloads;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Runs;

/// <summary>A run that has ended: its Job, and what its container handed back. Pure.</summary>
/// <param name="Id">What tells it from every other run.</param>
/// <param name="EndTime">When it ended.</param>
/// <param name="Status">As the status tells it.</param>
/// <param name="Result">Null when there is none: the run then has failed, whatever the Job says.</param>
internal sealed record AuditRun(string Id, DateTimeOffset EndTime, AuditRunStatus Status, AuditRunResult? Result)
{
    /// <summary>The run of a Job; null while it works, or while its result may still come.</summary>
    /// <param name="job">The Job.</param>
    /// <param name="pods">Pods of the same schedule; those of other Jobs are passed over.</param>
    /// <param name="now">The time.</param>
    public static AuditRun? Of(ObservedJob job, IEnumerable<ObservedPod> pods, DateTimeOffset now) => EndedRun.Of(job, pods, now) is { } run ? Of(run) : null;

    private static AuditRun Of(EndedRun run)
    {
        var result = AuditRunResult.Read(run.Message, out var error);
        return result is not null ? Of(run.Id, run.Job.Metadata.Name, result, run.EndTime) : new AuditRun(
            run.Id,
            run.EndTime,
            new AuditRunStatus
            {
                Name = run.Job.Metadata.Name,
                Outcome = AuditOutcomes.Failed,
                StartTime = run.StartTime,
                EndTime = run.EndTime,
                DurationSeconds = EndedRun.Seconds(run.StartTime, run.EndTime),
                Message = run.WithoutResult(error!),
            },
            Result: null);
    }

    /// <summary>The newest run of a daemon, which is none before the first has ended.</summary>
    public static AuditRun Of(ObservedPod daemon, AuditRunResult result) =>
        Of($"{daemon.Metadata.Uid}/{result.FinishedAt.ToUnixTimeSeconds()}", daemon.Metadata.Name, result, result.FinishedAt);

    /// <summary>Those of Jobs that the status has not counted yet, in the order in which they ended.</summary>
    public static ImmutableArray<AuditRun> News(IEnumerable<ObservedJob> jobs, IReadOnlyCollection<ObservedPod> pods, PolicyAuditScheduleStatus status, DateTimeOffset now) =>
        News(EndedRun.Of(jobs, pods, now).Select(Of), status);

    /// <summary>
    /// Those that the status has not counted yet, in the order in which they ended. One that gave way to another is none: that other one is told.
    /// </summary>
    public static ImmutableArray<AuditRun> News(IEnumerable<AuditRun> runs, PolicyAuditScheduleStatus status) =>
        Ledger(status).News(runs.Where(run => run.Status.Outcome != AuditOutcomes.Skipped), run => run.Id, run => run.EndTime);

    /// <summary>
    /// The status after this run. One that failed says nothing about the tenant, and only one that did not ends a row of failures. Of one that is told behind a newer
    /// one, only what that one says nothing of.
    /// </summary>
    public PolicyAuditScheduleStatus AddTo(PolicyAuditScheduleStatus status)
    {
        var ledger = Ledger(status);
        var counted = new CountedRun { Id = Id, Outcome = Status.Outcome, EndTime = EndTime };
        var after = ledger.With(counted);
        var next = status with
        {
            LastRun = ledger.IsNewest(EndTime, _ => true) ? Status : status.LastRun,
            Runs = status.Runs + 1,
            FailedRuns = status.FailedRuns + (IsFailed(counted) ? 1 : 0),
            ConsecutiveFailures = ledger.FailuresInARow(status.ConsecutiveFailures, counted, IsFailed, run => !IsFailed(run)),
            CountedRuns = after.Newest,
            CountedUntil = after.Until,
        };
        return IsFailed(counted) || !ledger.IsNewest(EndTime, run => !IsFailed(run)) ? next : next with
        {
            LastSuccessTime = Status.EndTime,
            Audit = new AuditFindingsStatus
            {
                // Rounded down: 79.9 does not reach a threshold of 80.
                Score = (int)Math.Floor(Result!.Score!.Value),
                Hosts = Result.Hosts,
                ZeroTrustScore = Result.ZeroTrustScore is { } trust ? (int)Math.Floor(trust) : null,
                Policies = Result.Policies.Count == 0 ? null : Result.Policies,
                GradingVersion = Result.GradingVersion,
            },
        };
    }

    private static RunLedger<CountedRun> Ledger(PolicyAuditScheduleStatus status) => RunLedger<CountedRun>.Of(status.CountedRuns, status.CountedUntil, status.LastRun?.EndTime);

    private static bool IsFailed(CountedRun run) => run.Outcome == AuditOutcomes.Failed;

    private static AuditRun Of(string id, string name, AuditRunResult result, DateTimeOffset ended) => new(
        id,
        ended,
        new AuditRunStatus
        {
            Name = name,
            Outcome = result.Outcome,
            StartTime = result.StartedAt,
            EndTime = ended,
            DurationSeconds = EndedRun.Seconds(result.StartedAt, ended),
            ApiCalls = result.ApiCalls,
            Throttled = result.Throttled,
            ApiErrors = result.ApiErrors,
            Message = EndedRun.Line(result.Message),
        },
        result);
}
