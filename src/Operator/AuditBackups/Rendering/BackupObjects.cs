using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Rendering;

/// <summary>What starts the runs, and what they may connect to. Pure.</summary>
internal static class BackupObjects
{
    /// <summary>Where the agent of EKS Pod Identity answers, on every node.</summary>
    private const string PodIdentityAgent = "169.254.170.23/32";

    private const int Https = 443;

    public static string CronJobName(ObjectMeta owner, BackupTask task) => $"{owner.Name}-{BackupPod.Name(task)}";

    public static DesiredObject CronJob(BackupPod pod, BackupTask task, string schedule, JobLimits limits) => JobObjects.CronJob(
        pod.Owner, CronJobName(pod.Owner, task), BackupPod.Labels(pod.Owner.Name, task),
        new JobTiming(schedule, pod.Spec.TimeZone, pod.Spec.Suspend || pod.Inputs.HoldsRuns, limits) { Pods = pod.Pods }, pod.Spec.Jobs, pod.Template(task));

    /// <summary>A restore that was asked for, now.</summary>
    public static JsonObject Restore(BackupPod pod, RestoreRequest request, JobLimits limits) => JobObjects.Requested(
        BackupPod.Labels(pod.Owner.Name, BackupTask.Restore), JobObjects.JobSpec(pod.Spec.Jobs, limits, pod.Template(BackupTask.Restore, request)),
        pod.Owner, ResourceTypes.AuditBackups, RestoreRequest.NameOf(pod.Owner, request.Text));

    /// <summary>Lets the pods ask the cluster's DNS and the store, and nothing else; nothing at all where the store is a volume.</summary>
    public static DesiredObject NetworkPolicy(ObjectMeta owner, AuditBackupSpec spec) => PodNetwork.Policy(
        owner, $"{owner.Name}-archive", new JsonObject { [BackupPod.BackupLabel] = owner.Name }, [], Egress(spec));

    private static IEnumerable<JsonObject> Egress(AuditBackupSpec spec)
    {
        if (spec.Destination.S3 is not { } s3)
        {
            yield break;
        }

        var port = Uri.TryCreate(s3.Endpoint, UriKind.Absolute, out var endpoint) ? endpoint.Port : Https;
        yield return PodNetwork.Dns(spec.Network.DnsNamespace);
        yield return PodNetwork.To(spec.Network.StoreCidrs, port);
        if (s3.ServiceAccountName is not null)
        {
            // Who the pod is, is asked elsewhere than where the objects are.
            yield return PodNetwork.To([], Https);
            yield return PodNetwork.To([PodIdentityAgent], 80);
        }
    }
}
