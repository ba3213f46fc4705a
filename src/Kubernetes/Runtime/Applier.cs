using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Makes the objects that a resource stands for exist as intended, and those it no longer stands for vanish. Whole intents by
/// server-side apply (rules W1, W2); nothing is sent for an object whose intent, identity and version are as after the last apply
/// (rule W3), also after a restart, because that memory is the inventory in the owner's status. An object that belongs to
/// somebody else is reported, never taken over.
/// </summary>
/// <param name="client">Where to write.</param>
/// <param name="owned">What is known of owned objects without asking.</param>
/// <param name="product">Field manager, and value of the managed-by label.</param>
/// <param name="context">Metrics.</param>
public sealed class Applier(IKubeClient client, OwnedObjects owned, string product, RuntimeContext context)
{
    private readonly ApplyOptions options = new(product, Force: true);

    // What was written and is not yet in both the cache and the owner's cached status; bridges that gap (rule L7). Entries leave
    // as soon as both have caught up, so it stays about as small as what is in flight.
    private readonly ConcurrentDictionary<(string Group, string Kind, ObjectKey Key), Written> recent = new();

    /// <summary>How many objects are remembered.</summary>
    internal int Remembered => recent.Count;

    /// <summary>
    /// Applies, then prunes unless something failed. A failed object does not keep the others from being applied; the report
    /// says what happened to each.
    /// </summary>
    /// <param name="type">Kind of the owner.</param>
    /// <param name="owner">Owner of all the objects: they are deleted with it.</param>
    /// <param name="desired">The whole intent. An empty list prunes everything.</param>
    /// <param name="previous">The inventory from the owner's status.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="ArgumentException">An object would outlive the owner's namespace (rule W9), or has no name.</exception>
    public async Task<ApplyReport> ApplyAsync(
        ResourceType type, IKubernetesObject owner, IReadOnlyList<DesiredObject> desired, IReadOnlyList<InventoryEntry> previous,
        CancellationToken cancellationToken)
    {
        var results = new List<ApplyResult>(desired.Count);
        var inventory = new List<InventoryEntry>(desired.Count);
        foreach (var item in desired)
        {
            var intent = Intent.Of(type, owner, item);
            var (result, entry) = await ApplyAsync(intent, previous.FirstOrDefault(intent.IsNamedBy), cancellationToken);
            results.Add(result);
            if (entry is not null)
            {
                inventory.Add(entry);
            }

            Count(result.Type.Kind, result.Action);
        }

        var mayPrune = results.TrueForAll(result => result.Action != ApplyAction.Failed);
        foreach (var entry in Candidates(owner, previous).Where(entry => !desired.Any(item => Intent.IsNamed(owner, item, entry))))
        {
            if (!mayPrune)
            {
                inventory.Add(entry);
                continue;
            }

            var result = await PruneAsync(entry, cancellationToken);
            results.Add(result);
            Count(result.Type.Kind, result.Action);
            if (result.Action == ApplyAction.Failed)
            {
                inventory.Add(entry);
            }
        }

        return new ApplyReport(results, inventory);
    }

    /// <summary>Drops what is remembered of an owner that is gone: nothing would ever catch up with it.</summary>
    public void Forget(string ownerUid)
    {
        foreach (var (id, written) in recent)
        {
            if (written.OwnerUid == ownerUid)
            {
                recent.TryRemove(KeyValuePair.Create(id, written));
            }
        }
    }

    /// <summary>True when the server is known to serve the kind; false while nobody knows.</summary>
    public bool IsServed(ResourceType type) => owned.Look(type.Group, type.Kind, default).State is ObservationState.Absent or ObservationState.Present;

    /// <summary>
    /// True when every object of <paramref name="inventory"/> is as the last apply left it, as far as anyone can tell without
    /// asking, and the owner has no other: applying the same intents again would send nothing. Spares the computing of intents
    /// that are known not to have changed.
    /// </summary>
    /// <param name="owner">Owner of all the objects.</param>
    /// <param name="inventory">The inventory from the owner's status.</param>
    public bool IsAsLeft(IKubernetesObject owner, IReadOnlyList<InventoryEntry> inventory)
    {
        var uid = owner.Metadata.Uid ?? "";
        foreach (var entry in inventory)
        {
            var seen = owned.Look(entry.Group, entry.Kind, entry.Key());
            var known = Known(IdOf(entry), uid, entry, seen);
            if (known != entry || !(IsBehind(IdOf(entry), uid, seen) || IsAsLeft(known, seen)))
            {
                return false;
            }
        }

        if (!owned.OwnedBy(uid).All(found => inventory.Any(found.Names)))
        {
            return false;
        }

        foreach (var entry in inventory)
        {
            Count(entry.Kind, ApplyAction.Unchanged);
        }

        return true;
    }

    private async Task<(ApplyResult Result, InventoryEntry? Entry)> ApplyAsync(Intent intent, InventoryEntry? stored, CancellationToken cancellationToken)
    {
        var seen = owned.Look(intent.Type.Group, intent.Type.Kind, intent.Key);
        var known = Known(intent.Id, intent.OwnerUid, stored, seen);
        if (seen.State == ObservationState.KindMissing)
        {
            return (intent.Result(ApplyAction.KindMissing, $"the server does not serve {intent.Type}"), known);
        }

        var behind = IsBehind(intent.Id, intent.OwnerUid, seen);
        if (known is not null && known.Hash == intent.Hash && (behind || IsAsLeft(known, seen)))
        {
            return (intent.Result(ApplyAction.Unchanged), known);
        }

        try
        {
            var (applied, live) = await WriteAsync(intent, seen.Metadata, known, mustBeNew: seen.Metadata is null && !(behind && known is not null), cancellationToken);
            if (applied is null)
            {
                return (Taken(intent, live!), null);
            }

            var entry = intent.Entry(applied);
            recent[intent.Id] = new Written(intent.OwnerUid, entry, applied.ResourceVersion);
            var action = live is null && known is null ? ApplyAction.Created
                : live is null && known!.Uid != applied.Uid ? ApplyAction.Created
                : live?.ResourceVersion == applied.ResourceVersion ? ApplyAction.Unchanged
                : ApplyAction.Configured;
            return (intent.Result(action), entry);
        }
        catch (KubeApiException e) when (e.IsKindNotServed)
        {
            return (intent.Result(ApplyAction.KindMissing, $"the server does not serve {intent.Type}", e), known);
        }
        catch (KubeApiException e)
        {
            return (intent.Result(ApplyAction.Failed, e.StatusMessage, e), known);
        }
    }

    /// <summary>What was applied, and what was there before it. Nothing is applied over an object of somebody else, which is then what was there.</summary>
    private async Task<(ObjectMeta? Applied, ObjectMeta? Live)> WriteAsync(
        Intent intent, ObjectMeta? live, InventoryEntry? known, bool mustBeNew, CancellationToken cancellationToken)
    {
        if (IsTaken(intent, live, known))
        {
            return (null, live);
        }

        try
        {
            return (await SendAsync(intent, live?.Uid, mustBeNew, cancellationToken), live);
        }
        catch (KubeApiException e) when (mustBeNew && e.IsConflict)
        {
            // It exists although the cache does not show it, so it lacks our label and may be another's.
            live = await GetAsync(intent.Type, intent.Key, cancellationToken);
        }

        return IsTaken(intent, live, known)
            ? (null, live)
            : (await SendAsync(intent, live?.Uid, mustBeNew: live is null, cancellationToken), live);
    }

    /// <summary>
    /// What the inventory names, and what carries our label and our owner reference without being named: applied in a run that
    /// ended before its status was written. Who may write a status must not get objects deleted that the operator would never have written
    /// for it: only kinds that are watched, in the owner's own namespace (rules W9, W10).
    /// </summary>
    private IEnumerable<InventoryEntry> Candidates(IKubernetesObject owner, IReadOnlyList<InventoryEntry> previous) =>
        previous.Where(entry => owned.TypeOf(entry) is not null && entry.Namespace == (owner.Metadata.Namespace ?? ""))
            .Concat(owned.OwnedBy(owner.Metadata.Uid ?? "").Where(found => !previous.Any(found.Names)));

    private async Task<ObjectMeta> SendAsync(Intent intent, string? uid, bool mustBeNew, CancellationToken cancellationToken) =>
        (await client.ApplyAsync(
            KubernetesTypes.MetadataOf(intent.Type), intent.Key.Namespace, intent.Key.Name, intent.Body(product, uid, mustBeNew), options, cancellationToken))
        .Metadata;

    private static bool IsTaken(Intent intent, [NotNullWhen(true)] ObjectMeta? live, InventoryEntry? known) =>
        live is not null && live.ControllerOwner()?.Uid != intent.OwnerUid && live.Uid != known?.Uid;

    private static ApplyResult Taken(Intent intent, ObjectMeta live)
    {
        var holder = live.ControllerOwner() is { } other ? $"{other.Kind} {other.Name}" : "somebody else";
        return intent.Result(ApplyAction.Conflict, $"{intent.Type.Kind} {intent.Key} exists and belongs to {holder}; it was left alone");
    }

    private async Task<ApplyResult> PruneAsync(InventoryEntry entry, CancellationToken cancellationToken)
    {
        var type = owned.TypeOf(entry)!;
        try
        {
            await client.DeleteAsync(type, entry.Namespace, entry.Name, new DeleteOptions { Uid = entry.Uid }, cancellationToken);
        }
        catch (KubeApiException e)
        {
            // A conflict is fine when another object has the name now: ours is gone.
            if (!e.IsConflict || await IsStillThereAsync(type, entry, cancellationToken))
            {
                return new ApplyResult(type, entry.Key(), ApplyAction.Failed, e.StatusMessage, e);
            }
        }

        recent.TryRemove(IdOf(entry), out _);
        return new ApplyResult(type, entry.Key(), ApplyAction.Pruned);
    }

    /// <summary>What the last apply left: from the owner's status, or from memory while the status in the cache is older.</summary>
    private InventoryEntry? Known((string Group, string Kind, ObjectKey Key) id, string ownerUid, InventoryEntry? stored, Observation seen)
    {
        if (RecentOf(id, ownerUid) is not { } written)
        {
            return stored;
        }

        if (written.Entry == stored && !IsBehind(written.ResourceVersion, seen))
        {
            recent.TryRemove(id, out _);
        }

        return written.Entry;
    }

    /// <summary>True when nobody wrote to the object since our apply, as far as anyone can tell without asking.</summary>
    private static bool IsAsLeft(InventoryEntry known, Observation seen) => seen.State switch
    {
        ObservationState.Unknown => true,
        ObservationState.Present => seen.Metadata!.Uid == known.Uid && InventoryEntry.MarkerOf(seen.Metadata) == known.Marker,
        _ => false,
    };

    /// <summary>What this owner wrote lately; what another owner wrote under that name says nothing about ours.</summary>
    private Written? RecentOf((string Group, string Kind, ObjectKey Key) id, string ownerUid) =>
        recent.TryGetValue(id, out var written) && written.OwnerUid == ownerUid ? written : null;

    private bool IsBehind((string Group, string Kind, ObjectKey Key) id, string ownerUid, Observation seen) =>
        RecentOf(id, ownerUid) is { } written && IsBehind(written.ResourceVersion, seen);

    /// <summary>True while the cache has not yet shown what was written at <paramref name="version"/>.</summary>
    private static bool IsBehind(string? version, Observation seen) => seen.State switch
    {
        ObservationState.Present => ResourceVersions.Compare(seen.Metadata!.ResourceVersion, version) < 0,
        ObservationState.Absent => ResourceVersions.Compare(seen.CacheVersion, version) < 0,
        _ => false,
    };

    private async Task<bool> IsStillThereAsync(ResourceType type, InventoryEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetAsync(type, entry.Key(), cancellationToken))?.Uid == entry.Uid;
        }
        catch (KubeApiException)
        {
            // Unknown: keep it in the inventory and try again.
            return true;
        }
    }

    private async Task<ObjectMeta?> GetAsync(ResourceType type, ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetAsync(KubernetesTypes.MetadataOf(type), key.Namespace, key.Name, cancellationToken)).Metadata;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    private void Count(string kind, ApplyAction action) => context.Metrics.Applies.Add(1, new("kind", kind), new("action", ApplyReport.Label(action)));

    private static (string Group, string Kind, ObjectKey Key) IdOf(InventoryEntry entry) => (entry.Group, entry.Kind, entry.Key());

    private sealed record Written(string OwnerUid, InventoryEntry Entry, string? ResourceVersion);
}
