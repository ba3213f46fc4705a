using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Kinds;

/// <summary><c>namespaces/finalize</c>: the only way for a client to change <c>spec.finalizers</c>.</summary>
internal static class NamespaceFinalize
{
    public static Subresource Subresource(ObjectStore store) => new("Namespace", "v1", ["update"], request => Replace(request, store));

    private static JsonObject Replace(SubresourceRequest request, ObjectStore store)
    {
        var existing = request.Target!;
        while (true)
        {
            var updated = (JsonObject)existing.Content.DeepClone();
            updated["spec"] = request.Body?["spec"]?.DeepClone() ?? new JsonObject();
            var done = request.DryRun
                || (ObjectIsLetGo(request.Resource, updated)
                    ? store.TryRemove(request.Resource.Storage, existing, out _)
                    : store.TryReplace(request.Resource.Storage, existing, updated, out _));
            if (done)
            {
                return updated;
            }
            existing = store.Get(request.Resource.Storage, null, existing.Name) ?? throw StatusResponses.NotFound(request.Resource, existing.Name);
        }
    }

    private static bool ObjectIsLetGo(ServedResource resource, JsonObject updated) =>
        updated["metadata"]!["deletionTimestamp"] is not null && !resource.Strategy.IsHeld(updated);
}
