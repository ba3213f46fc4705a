using System.Collections.Immutable;

namespace Comptroller.Sandbox.Storage;

/// <summary>
/// The objects of one kind and what happened to them lately. Each remembered change holds the set of objects after it: the sets share
/// almost all of their nodes, and any remembered revision can be listed at no cost.
/// </summary>
internal sealed class StorePlace(long openedAt, int historyLimit)
{
    private static readonly ImmutableSortedSet<StoredObject> Empty =
        ImmutableSortedSet.Create<StoredObject>(Comparer<StoredObject>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key)));

    private readonly List<(StoreEvent Change, ImmutableSortedSet<StoredObject> After)> _history = [];
    private ImmutableSortedSet<StoredObject> _beforeHistory = Empty;

    public ImmutableSortedSet<StoredObject> Objects { get; private set; } = Empty;

    /// <summary>The oldest revision that can still be listed and watched from.</summary>
    public long OldestRevision { get; private set; } = openedAt;

    public void Commit(StoreEvent change, ImmutableSortedSet<StoredObject> after)
    {
        _history.Add((change, after));
        Objects = after;
        if (_history.Count > historyLimit)
        {
            // Dropping a quarter at a time keeps the cost of moving the rest off most writes.
            Forget(Math.Max(1, historyLimit / 4));
        }
    }

    public void Compact(long revision)
    {
        Forget(_history.Count);
        OldestRevision = revision;
    }

    public ImmutableSortedSet<StoredObject>? ObjectsAt(long revision)
    {
        if (revision < OldestRevision)
        {
            return null;
        }
        var count = CountUpTo(revision);
        return count == 0 ? _beforeHistory : _history[count - 1].After;
    }

    public IReadOnlyList<StoreEvent> EventsAfter(long revision)
    {
        var start = CountUpTo(revision);
        return start == _history.Count ? [] : _history.GetRange(start, _history.Count - start).ConvertAll(entry => entry.Change);
    }

    private void Forget(int count)
    {
        if (count == 0)
        {
            return;
        }
        (var last, _beforeHistory) = _history[count - 1];
        OldestRevision = last.Revision;
        _history.RemoveRange(0, count);
    }

    /// <summary>How many remembered changes lie at or before <paramref name="revision"/>.</summary>
    private int CountUpTo(long revision)
    {
        int low = 0, high = _history.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_history[middle].Change.Revision <= revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }
}
