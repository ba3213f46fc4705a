using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Holds back the deletion of a resource until its outside effects are undone (rule W7). Each write is a server-side apply of
/// exactly one finalizer under its own field manager, with the uid, so that others' finalizers stay and a resource that was
/// deleted meanwhile is not created again (rule W4).
/// </summary>
/// <param name="client">Where to write.</param>
/// <param name="product">Name of the program; the field manager is <c>product-finalizer</c>.</param>
/// <param name="finalizer">Qualified name, <c>group/purpose</c>.</param>
public sealed class Finalizers(IKubeClient client, string product, string finalizer)
{
    private readonly string manager = $"{product}-finalizer";

    public bool IsOn(IKubernetesObject resource) => resource.Metadata.Finalizers?.Contains(finalizer, StringComparer.Ordinal) == true;

    /// <summary>
    /// Puts the finalizer on. True when that took a write: then return and wait for the resource to come back with it, because
    /// going on with the old state ends in conflicts (KubeOps #1001). A resource that is being deleted takes no finalizer.
    /// </summary>
    public async Task<bool> EnsureAsync<T>(ResourceType<T> type, T resource, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        if (IsOn(resource) || resource.Metadata.DeletionTimestamp is not null)
        {
            return false;
        }

        await ApplyAsync(type, resource, [finalizer], cancellationToken);
        return true;
    }

    /// <summary>Takes the finalizer off, after the cleanup. A resource that is gone already is fine.</summary>
    public async Task RemoveAsync<T>(ResourceType<T> type, T resource, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        if (!IsOn(resource))
        {
            return;
        }

        try
        {
            var left = (await ApplyAsync(type, resource, null, cancellationToken)).Metadata.Finalizers;
            // Somebody else owns the same entry: server-side apply leaves it, so it goes by index, guarded by its value.
            if (IndexOf(left) is var index and >= 0)
            {
                var path = $"/metadata/finalizers/{index}";
                JsonArray operations =
                [
                    new JsonObject { ["op"] = "test", ["path"] = "/metadata/uid", ["value"] = resource.Metadata.Uid },
                    new JsonObject { ["op"] = "test", ["path"] = path, ["value"] = finalizer },
                    new JsonObject { ["op"] = "remove", ["path"] = path },
                ];
                await client.JsonPatchAsync(type, resource.Metadata.Namespace, resource.Metadata.Name, operations, manager, cancellationToken);
            }
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }

    private int IndexOf(IReadOnlyList<string>? finalizers)
    {
        for (var i = 0; i < (finalizers?.Count ?? 0); i++)
        {
            if (finalizers![i] == finalizer)
            {
                return i;
            }
        }

        return -1;
    }

    private Task<T> ApplyAsync<T>(ResourceType<T> type, T resource, JsonArray? finalizers, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        var metadata = new JsonObject { ["name"] = resource.Metadata.Name, ["uid"] = resource.Metadata.Uid };
        if (type.Namespaced)
        {
            metadata["namespace"] = resource.Metadata.Namespace;
        }

        if (finalizers is not null)
        {
            metadata["finalizers"] = finalizers;
        }

        var body = new JsonObject { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind, ["metadata"] = metadata };
        return client.ApplyAsync(type, resource.Metadata.Namespace, resource.Metadata.Name, body, new ApplyOptions(manager), cancellationToken);
    }
}
