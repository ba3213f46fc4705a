using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Workloads;

/// <summary>The status of Jobs, as the Job controller writes it.</summary>
internal static class JobStatus
{
    public static void Write(JsonObject job, JobProgress progress, int ready, int terminating, DateTimeOffset? started)
    {
        var status = job["status"]!.AsObject();
        Count("active", progress.Active);
        Count("succeeded", progress.Succeeded);
        Count("failed", progress.Failed);
        status["ready"] = (long)ready;
        status["terminating"] = (long)terminating;
        status["uncountedTerminatedPods"] = new JsonObject();
        status.Remove("startTime");
        if (started is { } at)
        {
            status["startTime"] = Times.Format(at);
        }

        void Count(string field, long count)
        {
            status.Remove(field);
            if (count > 0)
            {
                status[field] = count;
            }
        }
    }

    /// <summary>Says that the Job is over, and, once no pod of it is left, that it has ended.</summary>
    /// <param name="job">The Job.</param>
    /// <param name="time">For the time of the conditions.</param>
    /// <param name="failure">Null when it has succeeded.</param>
    /// <param name="isLast">False while a pod is still on its way out.</param>
    public static void End(JsonObject job, TimeProvider time, (string Reason, string Message)? failure, bool isLast)
    {
        var (first, last) = failure is null ? ("SuccessCriteriaMet", "Complete") : ("FailureTarget", "Failed");
        var (reason, message) = failure ?? ("CompletionsReached", "Reached expected number of succeeded pods");
        foreach (var type in isLast ? [first, last] : (string[])[first])
        {
            Conditions.Set(job, time, type, holds: true, reason, message);
            Conditions.Find(job, type)!["lastProbeTime"] ??= Times.Format(time.GetUtcNow());
        }
        if (isLast && failure is null)
        {
            job["status"]!["completionTime"] = Times.Format(time.GetUtcNow());
        }
    }
}
