using System.Text.Json.Nodes;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>How controllers change objects: with the same bookkeeping of owners, holds and removals as requests.</summary>
internal sealed class ObjectWriter(ObjectStore store, TimeProvider time)
{
    private readonly Deletion _deletion = new(store, time);

    /// <summary>Creates an object unless one of that name is there.</summary>
    /// <param name="manager">Recorded as the owner of its fields; null records nobody.</param>
    public void Create(ServedResource resource, JsonObject content, string? manager)
    {
        var metadata = content["metadata"]!.AsObject();
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Times.Format(time.GetUtcNow());
        if (resource.HasGeneration)
        {
            metadata["generation"] = 1L;
        }
        if (resource.Strategy.Decode(content) is { } problem)
        {
            throw new InvalidOperationException($"the server made a {resource.Kind} that it cannot read itself: {problem}");
        }
        var owned = manager is null ? content : ManagedFields.Update(resource.Schema, null, content, Context(resource, manager, null));
        resource.Strategy.PrepareForCreate(owned);
        store.TryCreate(resource.Storage, owned, out _);
    }

    /// <summary>Changes the newest state of an object. Nothing happens when it is gone, or has another uid by now.</summary>
    /// <param name="change">Returns false when there is nothing to change.</param>
    public void Change(ServedResource resource, StoredObject seen, string manager, string? subresource, Func<JsonObject, bool> change)
    {
        while (store.Get(resource.Storage, seen.Namespace, seen.Name) is { } existing && existing.Uid == seen.Uid)
        {
            var updated = (JsonObject)existing.Content.DeepClone();
            if (!change(updated))
            {
                return;
            }
            updated = ManagedFields.Update(resource.Schema, existing.Content, updated, Context(resource, manager, subresource));
            var done = updated["metadata"]!["deletionTimestamp"] is not null && !resource.Strategy.IsHeld(updated)
                ? store.TryRemove(resource.Storage, existing, out _)
                : store.TryReplace(resource.Storage, existing, updated, out _);
            if (done)
            {
                return;
            }
        }
    }

    /// <summary>Removes a finalizer, and with the last one the object.</summary>
    public void Release(ServedResource resource, StoredObject seen, string manager, string finalizer) => Change(resource, seen, manager, null, updated =>
    {
        if (updated["metadata"]?["finalizers"] is not JsonArray finalizers || finalizers.FirstOrDefault(name => (string?)name == finalizer) is not { } found)
        {
            return false;
        }
        finalizers.Remove(found);
        if (finalizers.Count == 0)
        {
            updated["metadata"]!.AsObject().Remove("finalizers");
        }
        return true;
    });

    /// <summary>Deletes an object, or marks it when something holds it.</summary>
    /// <param name="foreground">True to keep it until its own dependents are gone.</param>
    public void Delete(ServedResource resource, StoredObject seen, bool foreground = false)
    {
        while (store.Get(resource.Storage, seen.Namespace, seen.Name) is { } existing && existing.Uid == seen.Uid)
        {
            if (existing.Content["metadata"]!["deletionTimestamp"] is not null)
            {
                return;
            }
            if (_deletion.Try(resource, existing, foreground ? "Foreground" : null) is not null)
            {
                return;
            }
        }
    }

    public static bool HasFinalizer(JsonObject content, string finalizer) =>
        (content["metadata"]?["finalizers"] as JsonArray ?? []).Any(name => (string?)name == finalizer);

    public static bool IsTerminating(JsonObject content) => content["metadata"]?["deletionTimestamp"] is not null;

    private FieldsContext Context(ServedResource resource, string manager, string? subresource) =>
        new(manager, resource.ApiVersion, subresource, Force: false, time.GetUtcNow()) { Reset = [], Zero = resource.Zero };
}
