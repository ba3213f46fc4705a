using System.Text.Json.Nodes;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>How far a Job has come, and what follows from it by its spec. Pure.</summary>
/// <param name="Succeeded">Pods that succeeded.</param>
/// <param name="Failed">Pods that failed.</param>
/// <param name="Active">Pods that are neither over nor on their way out.</param>
internal sealed record JobProgress(long Succeeded, long Failed, long Active)
{
    public bool IsComplete(JsonNode spec) => (long?)spec["completions"] is { } completions ? Succeeded >= completions : Succeeded > 0 && Active == 0;

    /// <summary>How many pods should be at work.</summary>
    public long Wanted(JsonNode spec)
    {
        var parallelism = (long?)spec["parallelism"] ?? 1;
        return (long?)spec["completions"] is { } completions ? Math.Min(parallelism, completions - Succeeded)
            // Work is shared out among the pods: when one has found nothing left, no new one is needed.
            : Succeeded > 0 ? Active : parallelism;
    }

    /// <summary>Why the Job has failed; null while it has not.</summary>
    /// <param name="spec">Its spec.</param>
    /// <param name="active">Its pods at work: containers that are started again in their pod count as failures too.</param>
    /// <param name="worked">Time since its start; null when it has not started.</param>
    public (string Reason, string Message)? Failure(JsonNode spec, IEnumerable<StoredObject> active, TimeSpan? worked)
    {
        var limit = (long?)spec["backoffLimit"] ?? 6;
        var restarts = Text(spec["template"]?["spec"], "restartPolicy") != "OnFailure" ? 0
            : active.SelectMany(pod => pod.Content["status"]?["containerStatuses"] as JsonArray ?? []).Sum(container => (long?)container?["restartCount"] ?? 0);
        return Failed > limit || (restarts > 0 && restarts >= limit) ? ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
            : (long?)spec["activeDeadlineSeconds"] is { } seconds && worked >= TimeSpan.FromSeconds(seconds) ? ("DeadlineExceeded", "Job was active longer than specified deadline")
            : null;
    }
}
