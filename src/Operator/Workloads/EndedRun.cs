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

    /// <summary>What tells it from every other run.</summary>
    public string Id => Job.Metadata.Uid ?? Job.Metadata.Name;

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
        // All of them, or what a retry brought would be missing, or one node of several.
        return containers.Count < Math.Max(1, job.Status.Succeeded + job.Status.Failed) && now - ended < Patience ? null : new EndedRun(job, container?.StartedAt ?? job.Status.StartTime, ended, containers);
    }

    /// <summary>The runs of Jobs that are over and whose results are there, or will not come any more.</summary>
    /// <param name="jobs">The Jobs.</param>
    /// <param name="pods">Pods of the same resource.</param>
    /// <param name="now">The time.</param>
    public static IEnumerable<EndedRun> Of(IEnumerable<ObservedJob> jobs, IReadOnlyCollection<ObservedPod> pods, DateTimeOffset now) =>
        jobs.Select(job => Of(job, pods, now)).OfType<EndedRun>();

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
