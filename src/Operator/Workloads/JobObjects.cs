using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>How a CronJob starts its runs.</summary>
/// <param name="Schedule">A cron expression.</param>
/// <param name="TimeZone">IANA name of its clock.</param>
/// <param name="Suspend">Whether it starts none.</param>
/// <param name="Limits">Times that bound a run.</param>
internal sealed record JobTiming(string Schedule, string TimeZone, bool Suspend, JobLimits Limits);

/// <summary>Times that bound a run.</summary>
/// <param name="StartingDeadline">How late it may start.</param>
/// <param name="Timeout">How long it may take.</param>
internal sealed record JobLimits(TimeSpan StartingDeadline, TimeSpan Timeout);

/// <summary>What starts runs: CronJobs, and Jobs that somebody asked for. Pure.</summary>
internal static class JobObjects
{
    /// <summary>How long a Job is kept that was started by hand: no CronJob counts it among its history.</summary>
    private static readonly TimeSpan KeepRequested = TimeSpan.FromDays(1);

    /// <param name="owner">The resource that it is rendered for.</param>
    /// <param name="name">Its name; 52 characters at most, of which Jobs' names are made.</param>
    /// <param name="labels">Of the CronJob and its Jobs.</param>
    /// <param name="timing">When.</param>
    /// <param name="jobs">As users set it.</param>
    /// <param name="template">The pod template.</param>
    public static DesiredObject CronJob(ObjectMeta owner, string name, JsonObject labels, JobTiming timing, JobSettings jobs, JsonObject template) => new(RenderedKinds.CronJobs, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.CronJobs.ApiVersion,
        ["kind"] = RenderedKinds.CronJobs.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace, ["labels"] = labels },
        ["spec"] = new JsonObject
        {
            ["schedule"] = timing.Schedule,
            ["timeZone"] = timing.TimeZone,
            ["suspend"] = timing.Suspend,
            ["concurrencyPolicy"] = jobs.ConcurrencyPolicy,
            ["startingDeadlineSeconds"] = Seconds(timing.Limits.StartingDeadline),
            ["successfulJobsHistoryLimit"] = jobs.SuccessfulHistoryLimit,
            ["failedJobsHistoryLimit"] = jobs.FailedHistoryLimit,
            ["jobTemplate"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = labels.DeepClone() },
                ["spec"] = JobSpec(jobs, timing.Limits, template),
            },
        },
    });

    /// <summary>One run of a CronJob's Job, now.</summary>
    public static JsonObject Requested(DesiredObject cronJob, ObjectMeta owner, ResourceType type, string name)
    {
        var template = cronJob.Body["spec"]!["jobTemplate"]!;
        return Requested((JsonObject)template["metadata"]!["labels"]!.DeepClone(), (JsonObject)template["spec"]!.DeepClone(), owner, type, name);
    }

    /// <summary>One run, now. It goes a day after it has ended.</summary>
    public static JsonObject Requested(JsonObject labels, JsonObject spec, ObjectMeta owner, ResourceType type, string name)
    {
        spec["ttlSecondsAfterFinished"] = Seconds(KeepRequested);
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = owner.Namespace,
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = type.ApiVersion,
                    ["kind"] = type.Kind,
                    ["name"] = owner.Name,
                    ["uid"] = owner.Uid ?? "",
                    ["controller"] = true,
                    ["blockOwnerDeletion"] = true,
                }),
            },
            ["spec"] = spec,
        };
    }

    public static JsonObject JobSpec(JobSettings jobs, JobLimits limits, JsonObject template) => new()
    {
        ["backoffLimit"] = jobs.Retries,
        ["activeDeadlineSeconds"] = Seconds(limits.Timeout),
        ["template"] = template,
    };

    /// <summary>Follows from the request, so that one request starts one run however often it is seen.</summary>
    public static string RequestedName(ObjectMeta owner, string request, string what = "requested") =>
        $"{owner.Name}-{what}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner.Uid} {request}")).AsSpan(0, 4))}";

    private static long Seconds(TimeSpan time) => Math.Max(1, (long)time.TotalSeconds);
}
