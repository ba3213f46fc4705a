using System.Collections.Immutable;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Runs;

/// <summary>A run that has ended: its Job, and what its container handed back. Pure.</summary>
/// <param name="Status">As the status tells it.</param>
/// <param name="Result">Null when there is none: the run then has failed, whatever the Job says.</param>
internal sealed record AuditRun(AuditRunStatus Status, AuditRunResult? Result)
{
    /// <summary>The run of a Job; null while it works, or while its result may still come.</summary>
    /// <param name="job">The Job.</param>
    /// <param name="pods">Pods of the same schedule; those of other Jobs are passed over.</param>
    /// <param name="now">The time.</param>
    public static AuditRun? Of(ObservedJob job, IEnumerable<ObservedPod> pods, DateTimeOffset now) => EndedRun.Of(job, pods, now) is { } run ? Of(run) : null;

    private static AuditRun Of(EndedRun run)
    {
        var result = AuditRunResult.Read(run.Message, out var error);
        return result is not null ? Of(run.Job.Metadata.Name, result, result.StartedAt, run.EndTime) : new AuditRun(
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
    public static AuditRun Of(ObservedPod daemon, AuditRunResult result) => Of(daemon.Metadata.Name, result, result.StartedAt, result.FinishedAt);

    /// <summary>Those that the status does not know yet, in the order in which they ended.</summary>
    public static ImmutableArray<AuditRun> News(IEnumerable<ObservedJob> jobs, IReadOnlyCollection<ObservedPod> pods, AuditRunStatus? last, DateTimeOffset now) =>
        News(EndedRun.Settled(jobs, pods, now).Select(Of), last);

    /// <summary>
    /// Those that the status does not know yet, in the order in which they ended. One that gave way to another is none: that other one is told.
    /// </summary>
    public static ImmutableArray<AuditRun> News(IEnumerable<AuditRun> runs, AuditRunStatus? last) =>
        EndedRun.News(
            runs.Where(run => run.Status.Outcome != AuditOutcomes.Skipped), run => run.Status.Name, run => run.Status.EndTime, last?.Name, last?.EndTime);

    /// <summary>The status after this run. One that failed says nothing about the tenant, and only one that did not ends a row of failures.</summary>
    public PolicyAuditScheduleStatus AddTo(PolicyAuditScheduleStatus status)
    {
        var failed = Status.Outcome == AuditOutcomes.Failed;
        var next = status with
        {
            LastRun = Status,
            Runs = status.Runs + 1,
            FailedRuns = status.FailedRuns + (failed ? 1 : 0),
            ConsecutiveFailures = failed ? status.ConsecutiveFailures + 1 : 0,
        };
        return failed ? next : next with
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

    private static AuditRun Of(string name, AuditRunResult result, DateTimeOffset? started, DateTimeOffset ended) => new(
        new AuditRunStatus
        {
            Name = name,
            Outcome = result.Outcome,
            StartTime = started,
            EndTime = ended,
            DurationSeconds = EndedRun.Seconds(started, ended),
            ApiCalls = result.ApiCalls,
            Throttled = result.Throttled,
            ApiErrors = result.ApiErrors,
            Message = EndedRun.Line(result.Message),
        },
        result);
}
