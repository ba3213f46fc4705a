using System.Collections.Immutable;

namespace Comptroller.Operator.Workloads;

/// <summary>A Job that is over, and what its container left. Pure.</summary>
/// <param name="Job">The Job.</param>
/// <param name="StartTime">When it started; null when nobody said.</param>
/// <param name="EndTime">When it ended.</param>
/// <param name="Containers">How its containers ended, newest first.</param>
internal sealed record EndedRun(ObservedJob Job, DateTimeOffset? StartTime, DateTimeOffset EndTime, IReadOnlyList<ContainerEnd> Containers)
{
    /// <summary>
    /// How long a pod's result may come after its Job's end. They are watched apart, and a run must not count as failed because one watch
    /// is quicker than the other.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How the newest container ended; null when there is none to ask.</summary>
    public ContainerEnd? Container => Containers.Count > 0 ? Containers[0] : null;

    /// <summary>The termination message of the newest container; null when there is none.</summary>
    public string? Message => Container?.Message;

    /// <summary>The run of a Job; null while it works, or while its result may still come.</summary>
    /// <param name="job">The Job.</param>
    /// <param name="pods">Pods of the same resource; those of other Jobs are passed over.</param>
    /// <param name="now">The time.</param>
    public static EndedRun? Of(ObservedJob job, IEnumerable<ObservedPod> pods, DateTimeOffset now)
    {
        if (job.End is null)
        {
            return null;
        }

        List<ContainerEnd> containers =
        [
            .. pods.Where(pod => pod.Metadata.ControllerOwner()?.Uid == job.Metadata.Uid)
                .Select(pod => pod.End).OfType<ContainerEnd>().OrderByDescending(end => end.FinishedAt),
        ];
        var container = containers.Count > 0 ? containers[0] : null;
        var ended = job.EndTime ?? container?.FinishedAt ?? job.Metadata.CreationTimestamp ?? now;
        return container is null && now - ended < Patience ? null : new EndedRun(job, container?.StartedAt ?? job.Status.StartTime, ended, containers);
    }

    /// <summary>
    /// The runs of Jobs, but for those that another may still come before: in the second in which they ended, or while the result of one that ended earlier is awaited.
    /// A status names the newest run that it knows, and whatever ended before that one would never be told.
    /// </summary>
    /// <param name="jobs">Jobs of one task.</param>
    /// <param name="pods">Pods of the same resource.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<EndedRun> Settled(IEnumerable<ObservedJob> jobs, IReadOnlyCollection<ObservedPod> pods, DateTimeOffset now)
    {
        var ended = jobs.Where(job => job.End is not null).Select(job => (Job: job, Run: Of(job, pods, now))).ToList();
        var awaited = ended.Where(each => each.Run is null).Select(each => each.Job.EndTime).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        return ended.Where(each => !each.Job.HasJustEnded(now)).Select(each => each.Run).OfType<EndedRun>().Where(run => run.EndTime < (awaited ?? DateTimeOffset.MinValue));
    }

    /// <summary>Those runs that a status does not know yet, in the order in which they ended.</summary>
    /// <param name="runs">All.</param>
    /// <param name="name">Name of a run.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="lastName">Name of the newest run that is known; null for none.</param>
    /// <param name="lastEnd">When that one ended.</param>
    public static ImmutableArray<T> News<T>(IEnumerable<T> runs, Func<T, string> name, Func<T, DateTimeOffset?> end, string? lastName, DateTimeOffset? lastEnd) =>
    [
        .. runs
            .Where(run => lastEnd is not { } known || end(run) > known || (end(run) == known && string.CompareOrdinal(name(run), lastName) > 0))
            .OrderBy(end).ThenBy(name, StringComparer.Ordinal),
    ];

    /// <summary>Why there is no result, with what Kubernetes says of the end.</summary>
    /// <param name="error">Why the message is none.</param>
    public string WithoutResult(string error) => RenderConditions.Bounded(
        Container is { ExitCode: not 0 } container ? $"{error} ({(container.Reason is "" or "Error" ? "" : $"{container.Reason}, ")}exit code {container.ExitCode})"
        : Job.End is { Type: "Failed" } over ? $"{error} ({(over.Reason.Length > 0 ? over.Reason : "the Job failed")})"
        : error);

    /// <summary>Whole seconds; 0 when nobody said when it started.</summary>
    public static long Seconds(DateTimeOffset? started, DateTimeOffset ended) => started is { } from && ended > from ? (long)(ended - from).TotalSeconds : 0;

    /// <summary>One line and bounded, whatever came through a container's message; null for nothing.</summary>
    public static string? Line(string? message) =>
        string.IsNullOrWhiteSpace(message) ? null : RenderConditions.Bounded(string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
