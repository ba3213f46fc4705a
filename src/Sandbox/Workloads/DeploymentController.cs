using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Workloads;

/// <summary>
/// Keeps one ReplicaSet for a Deployment's template and takes those of older templates down. Both strategies replace: the old pods go
/// before the new ones come, because all pods share one address here, and the ports on it.
/// </summary>
internal sealed class DeploymentController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    /// <summary>Tells ReplicaSets of one Deployment, and their pods, apart.</summary>
    public const string HashLabel = "pod-template-hash";

    private const string Manager = "kube-controller-manager";

    private readonly ServedResource _deployments = catalog.Find("apps", "v1", "deployments")!;
    private readonly ServedResource _replicaSets = catalog.Find("apps", "v1", "replicasets")!;

    public Task RunAsync(CancellationToken cancellationToken) =>
        new SyncLoop(store, time, item => Ownership.KeyOf(item, "Deployment"), Sync)
            .RunAsync(() => [.. store.Snapshot(_deployments.Storage).Objects, .. store.Snapshot(_replicaSets.Storage).Objects], cancellationToken);

    private DateTimeOffset? Sync(ObjectKey key)
    {
        if (store.Get(_deployments.Storage, key.Namespace, key.Name) is not { } deployment || ObjectWriter.IsTerminating(deployment.Content))
        {
            return null;
        }
        var all = store.ControlledBy(_replicaSets, deployment);
        var name = $"{deployment.Name}-{Hash(deployment)}";
        var old = all.Where(set => set.Name != name).ToList();
        foreach (var set in old)
        {
            Scale(set, 0);
        }
        var wanted = (long?)deployment.Content["spec"]!["replicas"] ?? 1;
        var current = all.Find(set => set.Name == name);
        if (current is null && !old.Exists(set => Count(set, "replicas") > 0))
        {
            Create(deployment, name, wanted);
        }
        else if (current is not null)
        {
            Scale(current, old.Exists(set => Count(set, "replicas") > 0) ? 0 : wanted);
        }
        Observe(deployment, store.ControlledBy(_replicaSets, deployment), name);
        return null;
    }

    private void Create(StoredObject deployment, string name, long replicas)
    {
        var spec = deployment.Content["spec"]!;
        var hash = name[(deployment.Name.Length + 1)..];
        var template = spec["template"]!.DeepClone().AsObject();
        var metadata = template["metadata"] as JsonObject ?? [];
        var labels = metadata["labels"] as JsonObject ?? [];
        labels[HashLabel] = hash;
        metadata["labels"] = labels;
        template["metadata"] = metadata;
        var selector = spec["selector"]!.DeepClone().AsObject();
        var matched = selector["matchLabels"] as JsonObject ?? [];
        matched[HashLabel] = hash;
        selector["matchLabels"] = matched;
        writer.Create(
            _replicaSets,
            new JsonObject
            {
                ["apiVersion"] = _replicaSets.ApiVersion,
                ["kind"] = _replicaSets.Kind,
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = deployment.Namespace,
                    ["labels"] = labels.DeepClone(),
                    ["ownerReferences"] = Ownership.ReferenceTo(_deployments, deployment),
                },
                ["spec"] = new JsonObject { ["replicas"] = replicas, ["selector"] = selector, ["template"] = template },
            },
            Manager);
    }

    private void Scale(StoredObject set, long replicas) => writer.Change(_replicaSets, set, Manager, null, updated =>
    {
        if ((long?)updated["spec"]!["replicas"] == replicas)
        {
            return false;
        }
        updated["spec"]!["replicas"] = replicas;
        updated["metadata"]!["generation"] = ((long?)updated["metadata"]!["generation"] ?? 0) + 1;
        return true;
    });

    private void Observe(StoredObject deployment, List<StoredObject> sets, string current) => writer.Change(_deployments, deployment, Manager, "status", updated =>
    {
        var before = updated["status"]?.DeepClone();
        var (replicas, ready) = (sets.Sum(set => Count(set, "replicas")), sets.Sum(set => Count(set, "readyReplicas")));
        var wanted = (long?)updated["spec"]!["replicas"] ?? 1;
        var status = new JsonObject { ["observedGeneration"] = (long?)updated["metadata"]!["generation"] ?? 1 };
        foreach (var (field, count) in new[]
        {
            ("replicas", replicas), ("updatedReplicas", sets.Where(set => set.Name == current).Sum(set => Count(set, "replicas"))), ("readyReplicas", ready),
            ("availableReplicas", ready), ("unavailableReplicas", Math.Max(0, wanted - ready)),
        })
        {
            if (count > 0)
            {
                status[field] = count;
            }
        }
        updated["status"] = status;
        return !JsonNode.DeepEquals(before, status);
    });

    private static long Count(StoredObject set, string field) => (long?)set.Content["status"]?[field] ?? 0;

    private static string Hash(StoredObject deployment) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(deployment.Content["spec"]!["template"]!.ToJsonString())).AsSpan(0, 5));
}
