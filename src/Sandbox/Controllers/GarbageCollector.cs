using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Controllers;

/// <summary>
/// Deletes what has lost its owners, holds a foreground-deleted owner until the dependents that block it are gone, and frees the
/// dependents of an orphan-deleted one. An owner is the object of that kind and name with that very uid.
/// </summary>
internal sealed class GarbageCollector(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer) : IController
{
    private const string Manager = "kube-controller-manager";

    /// <summary>Owner's uid to its dependents. An entry may be out of date: readers look the object up again.</summary>
    private readonly Dictionary<string, HashSet<(StorageName Place, string Namespace, string Name)>> _dependents = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchEverything();
            _dependents.Clear();
            var present = catalog.All.Where(resource => resource.Answer is null).DistinctBy(resource => resource.Storage)
                .SelectMany(resource => store.Snapshot(resource.Storage).Objects.Select(item => (resource, item))).ToList();
            foreach (var (resource, item) in present)
            {
                Remember(resource, item);
            }
            foreach (var (resource, item) in present)
            {
                Review(resource, item);
            }
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (ResourceOf(change.Object.Content) is { } resource)
                {
                    Follow(resource, change);
                }
            }
        }
    }

    private void Follow(ServedResource resource, StoreEvent change)
    {
        if (change.Type != StoreEventType.Deleted)
        {
            Remember(resource, change.Object);
            Review(resource, change.Object);
            return;
        }
        foreach (var (dependentKind, dependent) in DependentsOf(change.Object))
        {
            CollectIfLost(dependentKind, dependent);
        }
        _dependents.Remove(change.Object.Uid);
        foreach (var reference in Owners(change.Object))
        {
            if (_dependents.TryGetValue(Text(reference, "uid"), out var siblings))
            {
                siblings.Remove((resource.Storage, change.Object.Namespace, change.Object.Name));
            }
            if (OwnerOf(change.Object, reference) is (var ownerKind, { } owner))
            {
                Review(ownerKind, owner);
            }
        }
    }

    private void Remember(ServedResource resource, StoredObject item)
    {
        foreach (var uid in Owners(item).Select(reference => Text(reference, "uid")))
        {
            if (!_dependents.TryGetValue(uid, out var dependents))
            {
                _dependents[uid] = dependents = [];
            }
            dependents.Add((resource.Storage, item.Namespace, item.Name));
        }
    }

    private void Review(ServedResource resource, StoredObject item)
    {
        if (ObjectWriter.IsTerminating(item.Content))
        {
            if (ObjectWriter.HasFinalizer(item.Content, Deletion.OrphanFinalizer))
            {
                Orphan(resource, item);
            }
            else if (ObjectWriter.HasFinalizer(item.Content, Deletion.ForegroundFinalizer))
            {
                DeleteDependentsFirst(resource, item);
            }
        }
        CollectIfLost(resource, item);
    }

    private void Orphan(ServedResource resource, StoredObject owner)
    {
        foreach (var (kind, dependent) in DependentsOf(owner))
        {
            DropOwners(kind, dependent, [owner.Uid]);
        }
        writer.Release(resource, owner, Manager, Deletion.OrphanFinalizer);
    }

    private void DeleteDependentsFirst(ServedResource resource, StoredObject owner)
    {
        // Those that the owner need not wait for go first, so that they are on their way when the owner is gone.
        foreach (var (kind, dependent) in DependentsOf(owner).OrderBy(found => Blocks(found.Dependent, owner)))
        {
            CollectIfLost(kind, dependent);
        }
        if (!DependentsOf(owner).Exists(found => Blocks(found.Dependent, owner)))
        {
            writer.Release(resource, owner, Manager, Deletion.ForegroundFinalizer);
        }
    }

    /// <summary>
    /// Deletes the object when no owner is left that will stay; with one that stays, only drops its references to those that are gone.
    /// </summary>
    private void CollectIfLost(ServedResource resource, StoredObject item)
    {
        var references = Owners(item).ToList();
        if (references.Count == 0 || ObjectWriter.IsTerminating(item.Content))
        {
            return;
        }
        HashSet<string> gone = [], waiting = [];
        foreach (var reference in references)
        {
            var uid = Text(reference, "uid");
            if (catalog.FindKind(Text(reference, "apiVersion"), Text(reference, "kind")) is null)
            {
                // Nobody can say whether an owner of an unknown kind lives. The dependent stays until somebody can.
                return;
            }
            if (OwnerOf(item, reference).Owner is not { } owner)
            {
                gone.Add(uid);
            }
            else if (ObjectWriter.IsTerminating(owner.Content) && ObjectWriter.HasFinalizer(owner.Content, Deletion.ForegroundFinalizer))
            {
                waiting.Add(uid);
            }
        }
        if (gone.Count + waiting.Count < references.Count)
        {
            if (gone.Count + waiting.Count > 0)
            {
                DropOwners(resource, item, [.. gone, .. waiting]);
            }
            return;
        }
        var keepsOwn = waiting.Count > 0 && DependentsOf(item).Count > 0;
        writer.Delete(resource, item, foreground: keepsOwn);
    }

    private static bool Blocks(StoredObject dependent, StoredObject owner) =>
        Owners(dependent).Any(reference => Text(reference, "uid") == owner.Uid && (bool?)reference["blockOwnerDeletion"] == true);

    private void DropOwners(ServedResource resource, StoredObject dependent, HashSet<string> uids) => writer.Change(resource, dependent, Manager, null, updated =>
    {
        var metadata = updated["metadata"]!.AsObject();
        if (metadata["ownerReferences"] is not JsonArray references)
        {
            return false;
        }
        var dropped = references.Where(reference => uids.Contains(Text(reference, "uid"))).ToList();
        foreach (var reference in dropped)
        {
            references.Remove(reference);
        }
        if (references.Count == 0)
        {
            metadata.Remove("ownerReferences");
        }
        return dropped.Count > 0;
    });

    private List<(ServedResource Kind, StoredObject Dependent)> DependentsOf(StoredObject owner)
    {
        List<(ServedResource, StoredObject)> found = [];
        foreach (var (place, @namespace, name) in _dependents.TryGetValue(owner.Uid, out var known) ? known.ToList() : [])
        {
            if (store.Get(place, @namespace, name) is { } dependent && ResourceOf(dependent.Content) is { } resource
                && Owners(dependent).Any(reference => Text(reference, "uid") == owner.Uid))
            {
                found.Add((resource, dependent));
            }
            else
            {
                known!.Remove((place, @namespace, name));
            }
        }
        return found;
    }

    private (ServedResource Kind, StoredObject? Owner) OwnerOf(StoredObject dependent, JsonNode reference)
    {
        var kind = catalog.FindKind(Text(reference, "apiVersion"), Text(reference, "kind"));
        var owner = kind is null ? null : store.Get(kind.Storage, kind.Namespaced ? dependent.Namespace : null, Text(reference, "name"));
        return (kind!, owner?.Uid == Text(reference, "uid") ? owner : null);
    }

    private ServedResource? ResourceOf(JsonObject content) => catalog.FindKind((string?)content["apiVersion"] ?? "", (string?)content["kind"] ?? "");

    private static IEnumerable<JsonNode> Owners(StoredObject item) => (item.Content["metadata"]?["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>();
}
