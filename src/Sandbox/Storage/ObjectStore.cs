using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Storage;

/// <summary>
/// Every object the server keeps. One lock and one revision counter order all changes; reads work on immutable snapshots outside the
/// lock. Writes are compare-and-swap on the state that the writer read, so that callers prepare objects without holding anything.
/// </summary>
/// <param name="historyLimit">Changes remembered per place. Older revisions answer 410, as after an etcd compaction.</param>
internal sealed class ObjectStore(int historyLimit = 20_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StorageName, StorePlace> _places = [];
    private readonly HashSet<Watcher> _watchers = [];
    private long _revision = 1;

    /// <summary>The revision of the newest change anywhere.</summary>
    public long Revision
    {
        get
        {
            lock (_lock)
            {
                return _revision;
            }
        }
    }

    /// <summary>Begins a place's history at the present revision. Reading or writing a place opens it too.</summary>
    public void Open(StorageName place)
    {
        lock (_lock)
        {
            _ = PlaceOf(place);
        }
    }

    /// <summary>Forgets a place that holds nothing any more, so that a kind defined anew under its name starts a history of its own.</summary>
    public void Close(StorageName place)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(place, out var found) && found.Objects.IsEmpty)
            {
                _places.Remove(place);
                CloseWatchers(watcher => watcher.Place == place);
            }
        }
    }

    public StoredObject? Get(StorageName place, string? @namespace, string name)
    {
        ImmutableSortedSet<StoredObject> objects;
        lock (_lock)
        {
            objects = PlaceOf(place).Objects;
        }
        return objects.TryGetValue(StoredObject.Probe(StoredObject.KeyOf(@namespace, name)), out var found) ? found : null;
    }

    public StoreSnapshot Snapshot(StorageName place)
    {
        lock (_lock)
        {
            return new StoreSnapshot(PlaceOf(place).Objects, _revision);
        }
    }

    /// <summary>The state as of <paramref name="revision"/>; null when it was compacted or lies in the future.</summary>
    public StoreSnapshot? SnapshotAt(StorageName place, long revision)
    {
        lock (_lock)
        {
            return revision > _revision ? null
                : PlaceOf(place).ObjectsAt(revision) is { } objects ? new StoreSnapshot(objects, revision)
                : null;
        }
    }

    /// <summary>Stores a new object. The store takes <paramref name="content"/> over and sets its resourceVersion. False when the name is taken.</summary>
    public bool TryCreate(StorageName place, JsonObject content, out StoredObject stored)
    {
        lock (_lock)
        {
            var found = PlaceOf(place);
            var key = KeyOf(content);
            if (found.Objects.TryGetValue(StoredObject.Probe(key), out var existing))
            {
                stored = existing;
                return false;
            }
            stored = Stamp(content);
            Commit(place, found, new StoreEvent(StoreEventType.Added, stored, null), found.Objects.Add(stored));
            return true;
        }
    }

    /// <summary>Stores the next state of an object. False when <paramref name="expected"/> is no longer its newest state.</summary>
    public bool TryReplace(StorageName place, StoredObject expected, JsonObject content, out StoredObject stored)
    {
        lock (_lock)
        {
            var found = PlaceOf(place);
            if (!IsNewest(found, expected))
            {
                stored = expected;
                return false;
            }
            stored = Stamp(content);
            Commit(place, found, new StoreEvent(StoreEventType.Modified, stored, expected), found.Objects.Remove(expected).Add(stored));
            return true;
        }
    }

    /// <summary>Removes an object. <paramref name="last"/> is its last state under the revision of the removal. False as for <see cref="TryReplace"/>.</summary>
    public bool TryRemove(StorageName place, StoredObject expected, out StoredObject last)
    {
        lock (_lock)
        {
            var found = PlaceOf(place);
            if (!IsNewest(found, expected))
            {
                last = expected;
                return false;
            }
            last = Stamp((JsonObject)expected.Content.DeepClone());
            Commit(place, found, new StoreEvent(StoreEventType.Deleted, last, expected), found.Objects.Remove(expected));
            return true;
        }
    }

    /// <summary>
    /// Subscribes from <paramref name="after"/> on: what happened since is queued already. Null when that revision was compacted;
    /// then <paramref name="oldest"/> is the oldest one that would do. A revision in the future waits for changes beyond it.
    /// </summary>
    public Watcher? Watch(StorageName place, long after, out long oldest)
    {
        lock (_lock)
        {
            var found = PlaceOf(place);
            oldest = found.OldestRevision;
            if (after < oldest)
            {
                return null;
            }
            var missed = found.EventsAfter(after);
            var watcher = new Watcher(this, place, missed.Count);
            foreach (var change in missed)
            {
                watcher.Offer(change);
            }
            _watchers.Add(watcher);
            return watcher;
        }
    }

    /// <summary>Subscribes together with the state that the subscription continues.</summary>
    public (StoreSnapshot Snapshot, Watcher Watcher) WatchFromNow(StorageName place)
    {
        lock (_lock)
        {
            var snapshot = new StoreSnapshot(PlaceOf(place).Objects, _revision);
            var watcher = new Watcher(this, place, 0);
            _watchers.Add(watcher);
            return (snapshot, watcher);
        }
    }

    /// <summary>Subscribes to the changes of every place from now on.</summary>
    public Watcher WatchEverything()
    {
        lock (_lock)
        {
            var watcher = new Watcher(this, place: null, 0);
            _watchers.Add(watcher);
            return watcher;
        }
    }

    /// <summary>Forgets all history: older revisions answer 410 from now on.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            foreach (var place in _places.Values)
            {
                place.Compact(_revision);
            }
        }
    }

    /// <summary>Ends every watch, as a restarting server does.</summary>
    public void DropWatchers()
    {
        lock (_lock)
        {
            CloseWatchers(_ => true);
        }
    }

    internal void Remove(Watcher watcher)
    {
        lock (_lock)
        {
            _watchers.Remove(watcher);
        }
    }

    internal long? DrainedRevision(Watcher watcher)
    {
        lock (_lock)
        {
            return watcher.Events.Count == 0 ? _revision : null;
        }
    }

    private static string KeyOf(JsonObject content) =>
        StoredObject.KeyOf((string?)content["metadata"]!["namespace"], (string)content["metadata"]!["name"]!);

    private static bool IsNewest(StorePlace place, StoredObject expected) =>
        place.Objects.TryGetValue(expected, out var newest) && ReferenceEquals(newest, expected);

    private StorePlace PlaceOf(StorageName name)
    {
        if (!_places.TryGetValue(name, out var place))
        {
            _places[name] = place = new StorePlace(_revision, historyLimit);
        }
        return place;
    }

    private StoredObject Stamp(JsonObject content)
    {
        _revision++;
        content["metadata"]!["resourceVersion"] = _revision.ToString(CultureInfo.InvariantCulture);
        return new StoredObject(content, _revision);
    }

    private void Commit(StorageName name, StorePlace place, StoreEvent change, ImmutableSortedSet<StoredObject> objects)
    {
        place.Commit(change, objects);
        CloseWatchers(watcher => (watcher.Place is null || watcher.Place == name) && !watcher.Offer(change));
    }

    private void CloseWatchers(Predicate<Watcher> which) => _watchers.RemoveWhere(watcher =>
    {
        if (!which(watcher))
        {
            return false;
        }
        watcher.Close();
        return true;
    });
}
