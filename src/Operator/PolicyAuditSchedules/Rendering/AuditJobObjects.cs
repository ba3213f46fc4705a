using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>Times that bound a run.</summary>
/// <param name="StartingDeadline">How late it may start.</param>
/// <param name="Timeout">How long it may take.</param>
internal sealed record AuditJobLimits(TimeSpan StartingDeadline, TimeSpan Timeout);

/// <summary>What starts runs in CronJob mode. Pure.</summary>
internal static class AuditJobObjects
{
    /// <summary>How long a Job is kept that was started by hand: no CronJob counts it among its history.</summary>
    private static readonly TimeSpan KeepRequested = TimeSpan.FromDays(1);

    public static string CronJobName(ObjectMeta owner, AuditTask task) => $"{owner.Name}-{AuditPod.Name(task)}";

    public static DesiredObject CronJob(AuditPod pod, AuditTask task, string schedule, AuditJobLimits limits) => new(RenderedKinds.CronJobs, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.CronJobs.ApiVersion,
        ["kind"] = RenderedKinds.CronJobs.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = CronJobName(pod.Owner, task),
            ["namespace"] = pod.Owner.Namespace,
            ["labels"] = AuditPod.Labels(pod.Owner.Name, task),
        },
        ["spec"] = new JsonObject
        {
            ["schedule"] = schedule,
            ["timeZone"] = pod.Spec.TimeZone,
            ["suspend"] = pod.Spec.Suspend || pod.Inputs.HoldsRuns,
            ["concurrencyPolicy"] = pod.Spec.Jobs.ConcurrencyPolicy,
            ["startingDeadlineSeconds"] = Seconds(limits.StartingDeadline),
            ["successfulJobsHistoryLimit"] = pod.Spec.Jobs.SuccessfulHistoryLimit,
            ["failedJobsHistoryLimit"] = pod.Spec.Jobs.FailedHistoryLimit,
            ["jobTemplate"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = AuditPod.Labels(pod.Owner.Name, task) },
                ["spec"] = new JsonObject
                {
                    ["backoffLimit"] = pod.Spec.Jobs.Retries,
                    ["activeDeadlineSeconds"] = Seconds(limits.Timeout),
                    ["template"] = pod.Template(task),
                },
            },
        },
    });

    /// <summary>One run of a CronJob's Job, now. The name follows from the request, so that one request starts one run however often it is seen.</summary>
    public static JsonObject Requested(DesiredObject cronJob, ObjectMeta owner, OwnerReference reference, string request)
    {
        var template = cronJob.Body["spec"]!["jobTemplate"]!;
        var spec = template["spec"]!.DeepClone();
        spec["ttlSecondsAfterFinished"] = Seconds(KeepRequested);
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = RequestedName(owner, request),
                ["namespace"] = owner.Namespace,
                ["labels"] = template["metadata"]!["labels"]!.DeepClone(),
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = reference.ApiVersion,
                    ["kind"] = reference.Kind,
                    ["name"] = reference.Name,
                    ["uid"] = reference.Uid,
                    ["controller"] = true,
                    ["blockOwnerDeletion"] = true,
                }),
            },
            ["spec"] = spec,
        };
    }

    public static string RequestedName(ObjectMeta owner, string request)
    {
        var digest = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{owner.Uid} {request}"));
        return $"{owner.Name}-requested-{Convert.ToHexStringLower(digest.AsSpan(0, 4))}";
    }

    private static long Seconds(TimeSpan time) => Math.Max(1, (long)time.TotalSeconds);
}
