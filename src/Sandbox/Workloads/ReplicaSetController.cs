using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>Makes the pods that a ReplicaSet lacks, and deletes those that it has too many of.</summary>
internal sealed class ReplicaSetController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    private const string Manager = "kube-controller-manager";

    private readonly ServedResource _replicaSets = catalog.Find("apps", "v1", "replicasets")!;
    private readonly ServedResource _pods = catalog.Find("", "v1", "pods")!;

    public Task RunAsync(CancellationToken cancellationToken) =>
        new SyncLoop(store, time, item => Ownership.KeyOf(item, "ReplicaSet"), Sync)
            .RunAsync(() => [.. store.Snapshot(_replicaSets.Storage).Objects, .. store.Snapshot(_pods.Storage).Objects], cancellationToken);

    private DateTimeOffset? Sync(ObjectKey key)
    {
        if (store.Get(_replicaSets.Storage, key.Namespace, key.Name) is not { } set || ObjectWriter.IsTerminating(set.Content))
        {
            return null;
        }
        var wanted = (long?)set.Content["spec"]!["replicas"] ?? 1;
        var pods = store.ControlledBy(_pods, set).Where(pod => Text(pod.Content["status"], "phase") is not ("Succeeded" or "Failed")).ToList();
        var active = pods.Where(pod => !ObjectWriter.IsTerminating(pod.Content)).ToList();
        foreach (var pod in active.OrderBy(pod => Conditions.IsTrue(pod.Content, "Ready")).Take((int)Math.Max(0, active.Count - wanted)))
        {
            writer.Delete(_pods, pod);
        }
        for (var missing = wanted - active.Count; missing > 0; missing--)
        {
            Create(set);
        }
        Observe(set);
        return null;
    }

    private void Create(StoredObject set)
    {
        var template = set.Content["spec"]!["template"]!;
        var metadata = template["metadata"]?.DeepClone().AsObject() ?? [];
        metadata["generateName"] = $"{set.Name}-";
        metadata["name"] = ObjectNames.Generate($"{set.Name}-");
        metadata["namespace"] = set.Namespace;
        metadata["ownerReferences"] = Ownership.ReferenceTo(_replicaSets, set);
        writer.Create(
            _pods, new JsonObject { ["apiVersion"] = _pods.ApiVersion, ["kind"] = _pods.Kind, ["metadata"] = metadata, ["spec"] = template["spec"]!.DeepClone() }, Manager);
    }

    /// <summary>Pods on their way out count until they are gone: whoever waits for their ports must wait for them.</summary>
    private void Observe(StoredObject set)
    {
        var pods = store.ControlledBy(_pods, set);
        var ready = (long)pods.Count(pod => !ObjectWriter.IsTerminating(pod.Content) && Conditions.IsTrue(pod.Content, "Ready"));
        writer.Change(_replicaSets, set, Manager, "status", updated =>
        {
            var before = updated["status"]?.DeepClone();
            var status = new JsonObject { ["replicas"] = (long)pods.Count, ["observedGeneration"] = (long?)updated["metadata"]!["generation"] ?? 1 };
            if (ready > 0)
            {
                (status["readyReplicas"], status["availableReplicas"]) = (ready, ready);
            }
            updated["status"] = status;
            return !JsonNode.DeepEquals(before, status);
        });
    }
}
