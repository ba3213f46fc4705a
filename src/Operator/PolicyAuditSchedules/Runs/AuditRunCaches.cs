using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;

namespace Comptroller.Operator.PolicyAuditSchedules.Runs;

/// <summary>
/// The Jobs and pods of all schedules. A label alone proves nothing, because everybody who may create pods may set it: a Job counts when
/// the schedule or its CronJob controls it, and a pod when such a Job or the schedule's Deployment does.
/// </summary>
internal sealed class AuditRunCaches
{
    private const string BySchedule = "schedule";

    public AuditRunCaches(IKubeClient client, IReadOnlyList<string> namespaces, RuntimeContext context)
    {
        Jobs = Watch(client, ObservedJob.Type, job => job with { Metadata = Trim(job.Metadata) }, namespaces, context);
        Pods = Watch(client, ObservedPod.Type, pod => pod with { Metadata = Trim(pod.Metadata) }, namespaces, context);
    }

    public Informer<ObservedJob> Jobs { get; }

    public Informer<ObservedPod> Pods { get; }

    /// <summary>Until then a run may be working that nobody here knows of.</summary>
    public bool HaveSynced => Jobs.HasSynced && Pods.HasSynced;

    /// <summary>The schedule that an object's label names.</summary>
    public static IEnumerable<ObjectKey> KeyOf(IKubernetesObject item) =>
        item.Metadata.Labels?.GetValueOrDefault(AuditPod.ScheduleLabel) is { } name ? [new ObjectKey(item.Metadata.Namespace ?? "", name)] : [];

    /// <summary>The Jobs that audit; not those that clean up.</summary>
    public IReadOnlyList<ObservedJob> JobsOf(PolicyAuditSchedule resource)
    {
        var cronJob = AuditJobObjects.CronJobName(resource.Metadata, AuditTask.Audit);
        return
        [
            .. Jobs.Store.ByIndex(BySchedule, ObjectKey.Of(resource).ToString()).Where(job => job.Metadata.ControllerOwner() is { } owner
                && (owner.Uid == resource.Metadata.Uid || (owner.Kind == "CronJob" && owner.Name == cronJob))),
        ];
    }

    /// <summary>The pods of <see cref="JobsOf"/>, or of the daemon.</summary>
    public IReadOnlyList<ObservedPod> PodsOf(PolicyAuditSchedule resource)
    {
        var jobs = JobsOf(resource).Select(job => job.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        var daemon = AuditDaemonObjects.Name(resource.Metadata);
        return
        [
            .. Pods.Store.ByIndex(BySchedule, ObjectKey.Of(resource).ToString()).Where(pod => pod.Metadata.ControllerOwner() is { } owner
                && (jobs.Contains(owner.Uid) || (resource.Spec.Mode == AuditModes.Daemon && owner.Kind == "ReplicaSet" && owner.Name.StartsWith($"{daemon}-", StringComparison.Ordinal) && pod.Metadata.DeletionTimestamp is null))),
        ];
    }

    private static Informer<T> Watch<T>(IKubeClient client, ResourceType<T> type, Func<T, T> trim, IReadOnlyList<string> namespaces, RuntimeContext context)
        where T : class, IKubernetesObject
    {
        var informer = new Informer<T>(
            client, type, new InformerOptions<T> { Namespaces = namespaces, LabelSelector = AuditPod.ScheduleLabel, Trim = trim, Required = false }, context);
        informer.Store.AddIndex(BySchedule, item => KeyOf(item).Select(key => key.ToString()));
        return informer;
    }

    private static ObjectMeta Trim(ObjectMeta metadata) => new()
    {
        Name = metadata.Name,
        Namespace = metadata.Namespace,
        Uid = metadata.Uid,
        ResourceVersion = metadata.ResourceVersion,
        CreationTimestamp = metadata.CreationTimestamp,
        DeletionTimestamp = metadata.DeletionTimestamp,
        Labels = metadata.Labels?.GetValueOrDefault(AuditPod.ScheduleLabel) is { } name ? new Dictionary<string, string>(StringComparer.Ordinal) { [AuditPod.ScheduleLabel] = name } : null,
        OwnerReferences = metadata.ControllerOwner() is { } owner ? [owner] : null,
    };
}
