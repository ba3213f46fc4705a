using System.Diagnostics.CodeAnalysis;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// The objects of one kind as last seen, by key and by index. Objects are immutable (rule C2), so a reader keeps what it got;
/// every answer is a snapshot. Indexes are pure functions kept current under the same lock (rule C5).
/// </summary>
public sealed class Store<T>
    where T : class, IKubernetesObject
{
    private readonly Lock gate = new();
    private readonly Dictionary<ObjectKey, T> objects = [];
    private readonly Dictionary<ObjectKey, UndecodedObject> undecoded = [];
    private readonly Dictionary<string, StoreIndex> indexes = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (gate)
            {
                return objects.Count;
            }
        }
    }

    /// <summary>Adds an index. The function must depend on the object alone; it may yield no key or several.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> keys)
    {
        lock (gate)
        {
            var index = new StoreIndex(keys);
            indexes.Add(name, index);
            foreach (var (key, item) in objects)
            {
                index.Add(key, item);
            }
        }
    }

    public bool TryGet(ObjectKey key, [NotNullWhen(true)] out T? item)
    {
        lock (gate)
        {
            return objects.TryGetValue(key, out item);
        }
    }

    /// <summary>True when the server holds the object and it cannot be decoded (rule R8).</summary>
    public bool TryGetUndecoded(ObjectKey key, [NotNullWhen(true)] out UndecodedObject? item)
    {
        lock (gate)
        {
            return undecoded.TryGetValue(key, out item);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (gate)
        {
            return [.. objects.Values];
        }
    }

    /// <summary>The objects whose index function yields <paramref name="value"/>; an unknown index is a programming error.</summary>
    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        lock (gate)
        {
            return indexes[index].Keys(value) is { } keys ? keys.ConvertAll(key => objects[key]) : [];
        }
    }

    /// <summary>
    /// Takes in one state of one object and appends what changed: nothing for a version already known, and a deletion plus an
    /// addition when another object took the name (rule C1).
    /// </summary>
    internal void Upsert(T item, List<ObjectChange<T>> changes)
    {
        lock (gate)
        {
            UpsertLocked(ObjectKey.Of(item), item, changes);
        }
    }

    /// <summary>Notes that the object exists but cannot be read; its last readable state is no longer served.</summary>
    internal void UpsertUndecoded(UndecodedObject item, List<ObjectChange<T>> changes)
    {
        lock (gate)
        {
            UpsertUndecodedLocked(ObjectKey.Of(item.Metadata), item, changes);
        }
    }

    /// <summary>Removes one object; <paramref name="last"/> is its final state where the server told it.</summary>
    internal void Remove(ObjectKey key, T? last, List<ObjectChange<T>> changes)
    {
        lock (gate)
        {
            RemoveLocked(key, last, finalStateUnknown: false, changes);
        }
    }

    /// <summary>
    /// Makes the store equal to a full list in one step and appends the differences, deletions that nobody reported included
    /// (rule R4). Objects outside <paramref name="scope"/> (a namespace, or null for all) are left alone.
    /// </summary>
    internal void Replace(string? scope, ObjectPage<T> page, List<ObjectChange<T>> changes)
    {
        lock (gate)
        {
            var seen = new HashSet<ObjectKey>(page.Items.Count);
            objects.EnsureCapacity(page.Items.Count);
            foreach (var item in page.Items)
            {
                var key = ObjectKey.Of(item);
                seen.Add(key);
                UpsertLocked(key, item, changes);
            }

            foreach (var item in page.Undecoded)
            {
                var key = ObjectKey.Of(item.Metadata);
                seen.Add(key);
                UpsertUndecodedLocked(key, item, changes);
            }

            var vanished = objects.Keys.Concat(undecoded.Keys)
                .Where(key => (scope is null || key.Namespace == scope) && !seen.Contains(key))
                .ToList();
            foreach (var key in vanished)
            {
                RemoveLocked(key, last: null, finalStateUnknown: true, changes);
            }
        }
    }

    private void UpsertLocked(ObjectKey key, T item, List<ObjectChange<T>> changes)
    {
        var wasUndecoded = undecoded.Remove(key);
        if (!objects.TryGetValue(key, out var old))
        {
            Put(key, item);
            changes.Add(new ObjectChange<T>(null, item));
        }
        else if (old.Metadata.Uid != item.Metadata.Uid)
        {
            Take(key, old);
            changes.Add(new ObjectChange<T>(old, null, FinalStateUnknown: true));
            Put(key, item);
            changes.Add(new ObjectChange<T>(null, item));
        }
        else if (wasUndecoded || old.Metadata.ResourceVersion is null || old.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
        {
            Take(key, old);
            Put(key, item);
            changes.Add(new ObjectChange<T>(old, item));
        }
    }

    private void UpsertUndecodedLocked(ObjectKey key, UndecodedObject item, List<ObjectChange<T>> changes)
    {
        if (undecoded.TryGetValue(key, out var known) && known.Metadata.ResourceVersion == item.Metadata.ResourceVersion)
        {
            return;
        }

        undecoded[key] = item;
        if (objects.TryGetValue(key, out var old))
        {
            Take(key, old);
        }

        changes.Add(new ObjectChange<T>(old, null, Undecoded: item));
    }

    private void RemoveLocked(ObjectKey key, T? last, bool finalStateUnknown, List<ObjectChange<T>> changes)
    {
        var wasUndecoded = undecoded.Remove(key, out var unreadable);
        if (objects.TryGetValue(key, out var old))
        {
            Take(key, old);
            changes.Add(new ObjectChange<T>(last is not null && last.Metadata.Uid == old.Metadata.Uid ? last : old, null, finalStateUnknown));
        }
        else if (wasUndecoded && last is not null)
        {
            changes.Add(new ObjectChange<T>(last, null, finalStateUnknown));
        }
        else if (wasUndecoded)
        {
            // Nothing readable is left to hand out, but whoever holds per-key state must still hear of it.
            changes.Add(new ObjectChange<T>(null, null, finalStateUnknown, unreadable));
        }
    }

    private void Put(ObjectKey key, T item)
    {
        objects[key] = item;
        foreach (var index in indexes.Values)
        {
            index.Add(key, item);
        }
    }

    private void Take(ObjectKey key, T item)
    {
        objects.Remove(key);
        foreach (var index in indexes.Values)
        {
            index.Remove(key, item);
        }
    }

    /// <summary>Value to keys. Lists start with room for one: most values point at one object or a few.</summary>
    private sealed class StoreIndex(Func<T, IEnumerable<string>> keysOf)
    {
        private readonly Dictionary<string, List<ObjectKey>> keysByValue = new(StringComparer.Ordinal);

        public List<ObjectKey>? Keys(string value) => keysByValue.GetValueOrDefault(value);

        public void Add(ObjectKey key, T item)
        {
            foreach (var value in keysOf(item))
            {
                if (!keysByValue.TryGetValue(value, out var keys))
                {
                    keysByValue.Add(value, keys = new List<ObjectKey>(1));
                }

                if (!keys.Contains(key))
                {
                    keys.Add(key);
                }
            }
        }

        public void Remove(ObjectKey key, T item)
        {
            foreach (var value in keysOf(item))
            {
                if (keysByValue.TryGetValue(value, out var keys) && keys.Remove(key) && keys.Count == 0)
                {
                    keysByValue.Remove(value);
                }
            }
        }
    }
}
