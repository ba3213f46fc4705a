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
    private const int Https = 443;

    public static string CronJobName(ObjectMeta owner, BackupTask task) => $"{owner.Name}-{BackupPod.Name(task)}";

    public static DesiredObject CronJob(BackupPod pod, BackupTask task, string schedule, JobLimits limits) => JobObjects.CronJob(
        pod.Owner, CronJobName(pod.Owner, task), BackupPod.Labels(pod.Owner.Name, task),
        new JobTiming(schedule, pod.Spec.TimeZone, pod.Spec.Suspend || pod.Inputs.HoldsRuns, limits) { Pods = pod.PodsOf(task) }, pod.Spec.Jobs, pod.Template(task));

    /// <summary>A restore that was asked for, now.</summary>
    public static JsonObject Restore(BackupPod pod, RestoreRequest request, JobLimits limits) => JobObjects.Requested(
        BackupPod.Labels(pod.Owner.Name, BackupTask.Restore), JobObjects.JobSpec(pod.Spec.Jobs, limits, pod.Template(BackupTask.Restore, request)),
        pod.Owner, ResourceTypes.AuditBackups, RestoreRequest.NameOf(pod.Owner, request.Text));

    /// <summary>Lets the pods ask the cluster's DNS, the store and what is exported, and nothing else; nothing at all where everything is on volumes.</summary>
    public static DesiredObject NetworkPolicy(ObjectMeta owner, AuditBackupSpec spec)
    {
        var egress = Egress(spec).ToList();
        return PodNetwork.Policy(
            owner, $"{owner.Name}-archive", new JsonObject { [BackupPod.BackupLabel] = owner.Name }, [],
            egress.Count == 0 ? [] : [PodNetwork.Dns(spec.Network.DnsNamespace), .. egress]);
    }

    private static IEnumerable<JsonObject> Egress(AuditBackupSpec spec)
    {
        if (spec.Destination.Pvc is null)
        {
            var store = BackupStore.Of(spec.Destination);
            yield return PodNetwork.To(spec.Network.StoreCidrs, store.Endpoint?.Port ?? Https);
            if (store.ServiceAccount is not null)
            {
                // Who the pod is, is asked elsewhere than where the objects are.
                yield return PodNetwork.To([], Https);
            }

            if (store.MetadataServers.Count > 0)
            {
                yield return PodNetwork.To(store.MetadataServers, 80);
            }
        }

        foreach (var source in spec.Sources)
        {
            if (source.VictoriaLogs is { } logs)
            {
                yield return PodNetwork.To(logs.NetworkCidrs, new Uri(logs.Url).Port);
            }

            if (source.KubernetesObjects is { } estate)
            {
                yield return PodNetwork.To(estate.ApiServerCidrs, Https, 6443);
            }
        }
    }
}
