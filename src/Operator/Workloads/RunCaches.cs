using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// The Jobs and pods of all resources of a kind. A label alone proves nothing, because everybody who may create pods may set it: a Job counts
/// when the resource or one of its CronJobs controls it, and a pod when such a Job or the resource's Deployment does.
/// </summary>
internal sealed class RunCaches
{
    private const string ByResource = "resource";

    private readonly string label;
    private readonly string? taskLabel;

    /// <param name="client">Watches.</param>
    /// <param name="namespaces">Empty for all.</param>
    /// <param name="label">Label with the name of the resource.</param>
    /// <param name="container">Name of the container whose end is the run's.</param>
    /// <param name="context">The runtime.</param>
    /// <param name="taskLabel">Another label to remember; null for none.</param>
    public RunCaches(IKubeClient client, IReadOnlyList<string> namespaces, string label, string container, RuntimeContext context, string? taskLabel = null)
    {
        (this.label, this.taskLabel) = (label, taskLabel);
        Jobs = Watch(client, ObservedJob.Type, job => job with { Metadata = Trim(job.Metadata) }, namespaces, context);
        Pods = Watch(client, ObservedPod.Type, pod => pod.Only(container) with { Metadata = Trim(pod.Metadata) }, namespaces, context);
    }

    public Informer<ObservedJob> Jobs { get; }

    public Informer<ObservedPod> Pods { get; }

    /// <summary>Until then a run may be working that nobody here knows of.</summary>
    public bool HaveSynced => Jobs.HasSynced && Pods.HasSynced;

    /// <summary>The resource that an object's label names.</summary>
    public IEnumerable<ObjectKey> KeyOf(IKubernetesObject item) =>
        item.Metadata.Labels?.GetValueOrDefault(label) is { } name ? [new ObjectKey(item.Metadata.Namespace ?? "", name)] : [];

    /// <summary>The Jobs of a resource's CronJobs, and those that the operator started for it.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="cronJobs">Names of its CronJobs.</param>
    public IReadOnlyList<ObservedJob> JobsOf(IKubernetesObject resource, params string[] cronJobs) =>
    [
        .. Jobs.Store.ByIndex(ByResource, ObjectKey.Of(resource).ToString()).Where(job => job.Metadata.ControllerOwner() is { } owner
            && (owner.Uid == resource.Metadata.Uid || (owner.Kind == "CronJob" && cronJobs.Contains(owner.Name, StringComparer.Ordinal)))),
    ];

    /// <summary>The pods of Jobs.</summary>
    public IReadOnlyList<ObservedPod> PodsOf(IKubernetesObject resource, IEnumerable<ObservedJob> jobs)
    {
        var owners = jobs.Select(job => job.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        return [.. Pods.Store.ByIndex(ByResource, ObjectKey.Of(resource).ToString()).Where(pod => pod.Metadata.ControllerOwner() is { } owner && owners.Contains(owner.Uid))];
    }

    /// <summary>The pods of a Deployment that are not being deleted.</summary>
    public IReadOnlyList<ObservedPod> PodsOf(IKubernetesObject resource, string deployment) =>
    [
        .. Pods.Store.ByIndex(ByResource, ObjectKey.Of(resource).ToString()).Where(pod => pod.Metadata.ControllerOwner() is { Kind: "ReplicaSet" } owner
            && owner.Name.StartsWith($"{deployment}-", StringComparison.Ordinal) && pod.Metadata.DeletionTimestamp is null),
    ];

    private Informer<T> Watch<T>(IKubeClient client, ResourceType<T> type, Func<T, T> trim, IReadOnlyList<string> namespaces, RuntimeContext context)
        where T : class, IKubernetesObject
    {
        var informer = new Informer<T>(client, type, new InformerOptions<T> { Namespaces = namespaces, LabelSelector = label, Trim = trim, Required = false }, context);
        informer.Store.AddIndex(ByResource, item => KeyOf(item).Select(key => key.ToString()));
        return informer;
    }

    private ObjectMeta Trim(ObjectMeta metadata) => new()
    {
        Name = metadata.Name,
        Namespace = metadata.Namespace,
        Uid = metadata.Uid,
        ResourceVersion = metadata.ResourceVersion,
        CreationTimestamp = metadata.CreationTimestamp,
        DeletionTimestamp = metadata.DeletionTimestamp,
        Labels = Labels(metadata),
        OwnerReferences = metadata.ControllerOwner() is { } owner ? [owner] : null,
    };

    private Dictionary<string, string>? Labels(ObjectMeta metadata)
    {
        if (metadata.Labels?.GetValueOrDefault(label) is not { } name)
        {
            return null;
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { [label] = name };
        if (taskLabel is not null && metadata.Labels.GetValueOrDefault(taskLabel) is { } task)
        {
            labels[taskLabel] = task;
        }

        return labels;
    }
}
