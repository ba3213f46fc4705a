using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Tests.Storage;

public class ObjectStoreTests
{
    private static readonly StorageName Things = new("test.example.dev", "things");

    [Fact]
    public void Every_change_takes_the_next_revision_wherever_it_happens()
    {
        var store = new ObjectStore();
        store.TryCreate(Things, Thing("a"), out var first);
        store.TryCreate(new StorageName("", "others"), Thing("a"), out var other);
        store.TryReplace(Things, first, Thing("a"), out var second);

        (other.Revision, second.Revision).ShouldBe((first.Revision + 1, first.Revision + 2));
        ((string)second.Content["metadata"]!["resourceVersion"]!).ShouldBe($"{second.Revision}");
    }

    [Fact]
    public void A_write_based_on_an_old_state_is_refused()
    {
        var store = new ObjectStore();
        store.TryCreate(Things, Thing("a"), out var first);
        store.TryReplace(Things, first, Thing("a"), out var second).ShouldBeTrue();

        store.TryReplace(Things, first, Thing("a"), out _).ShouldBeFalse();
        store.TryRemove(Things, first, out _).ShouldBeFalse();
        store.TryRemove(Things, second, out _).ShouldBeTrue();
        store.TryReplace(Things, second, Thing("a"), out _).ShouldBeFalse();
    }

    [Fact]
    public void The_past_can_be_listed_until_it_is_compacted()
    {
        var store = new ObjectStore();
        store.TryCreate(Things, Thing("a"), out var a);
        store.TryCreate(Things, Thing("b"), out var b);
        store.TryRemove(Things, a, out var gone);

        Names(store.SnapshotAt(Things, a.Revision)!).ShouldBe(["a"]);
        Names(store.SnapshotAt(Things, b.Revision)!).ShouldBe(["a", "b"]);
        Names(store.SnapshotAt(Things, gone.Revision)!).ShouldBe(["b"]);
        store.SnapshotAt(Things, gone.Revision + 1).ShouldBeNull();
        store.Compact();
        store.SnapshotAt(Things, b.Revision).ShouldBeNull();
        Names(store.SnapshotAt(Things, gone.Revision)!).ShouldBe(["b"]);
    }

    [Fact]
    public void History_beyond_the_limit_is_forgotten_oldest_first()
    {
        var store = new ObjectStore(historyLimit: 8);
        store.TryCreate(Things, Thing("0"), out var first);
        for (var i = 1; i < 20; i++)
        {
            store.TryCreate(Things, Thing($"{i}"), out _);
        }

        store.Watch(Things, first.Revision, out var oldest).ShouldBeNull();
        using var watcher = store.Watch(Things, oldest, out _);
        Drain(watcher!).Select(change => change.Revision).ShouldBe(Enumerable.Range(1, (int)(store.Revision - oldest)).Select(i => oldest + i));
    }

    [Fact]
    public void A_watcher_gets_what_it_missed_and_then_what_happens()
    {
        var store = new ObjectStore();
        store.TryCreate(Things, Thing("a"), out var a);
        store.TryReplace(Things, a, Thing("a"), out var changed);
        using var watcher = store.Watch(Things, a.Revision, out _)!;
        store.TryRemove(Things, changed, out _);

        Drain(watcher).Select(change => change.Type).ShouldBe([StoreEventType.Modified, StoreEventType.Deleted]);
    }

    [Fact]
    public void A_watcher_whose_reader_is_too_slow_is_cut_off()
    {
        var store = new ObjectStore(historyLimit: 10);
        var (_, watcher) = store.WatchFromNow(Things);
        for (var i = 0; i <= Watcher.Capacity; i++)
        {
            store.TryCreate(Things, Thing($"{i}"), out _);
        }

        Drain(watcher).Count.ShouldBe(Watcher.Capacity);
        watcher.Events.Completion.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_watcher_is_drained_up_to_the_newest_revision_only_when_nothing_waits()
    {
        var store = new ObjectStore();
        var (snapshot, watcher) = store.WatchFromNow(Things);
        watcher.DrainedRevision().ShouldBe(snapshot.Revision);
        store.TryCreate(Things, Thing("a"), out var a);

        watcher.DrainedRevision().ShouldBeNull();
        Drain(watcher);
        watcher.DrainedRevision().ShouldBe(a.Revision);
    }

    [Fact]
    public void Namespaces_are_listed_apart_even_when_one_name_begins_another()
    {
        var store = new ObjectStore();
        foreach (var space in (string[])["a", "a-b", "a.b", "ab"])
        {
            store.TryCreate(Things, Thing("x", space), out _);
            store.TryCreate(Things, Thing("y", space), out _);
        }

        store.Snapshot(Things).Range("a").Select(item => item.Key).ShouldBe(["a/x", "a/y"]);
        store.Snapshot(Things).Range("a", "a/x\0").Select(item => item.Key).ShouldBe(["a/y"]);
        store.Snapshot(Things).Range(null).Count().ShouldBe(8);
    }

    /// <summary>Whatever happened, watching from any revision on and applying what is told gives the list of the end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_list_and_the_watch_from_its_revision_give_the_present(int seed)
    {
        var random = new Random(seed);
        var store = new ObjectStore();
        var lists = new List<StoreSnapshot> { store.Snapshot(Things) };
        for (var step = 0; step < 300; step++)
        {
            var name = $"n{random.Next(12)}";
            var existing = store.Get(Things, "", name);
            _ = existing is null ? store.TryCreate(Things, Thing(name), out _)
                : random.Next(3) == 0 ? store.TryRemove(Things, existing, out _)
                : store.TryReplace(Things, existing, Thing(name), out _);
            lists.Add(store.Snapshot(Things));
        }

        var present = store.Snapshot(Things).Range(null).ToDictionary(item => item.Key, item => item.Revision);
        foreach (var list in lists)
        {
            var known = list.Range(null).ToDictionary(item => item.Key, item => item.Revision);
            using var watcher = store.Watch(Things, list.Revision, out _)!;
            foreach (var change in Drain(watcher))
            {
                if (change.Type == StoreEventType.Deleted)
                {
                    known.Remove(change.Object.Key).ShouldBeTrue();
                }
                else
                {
                    known[change.Object.Key] = change.Revision;
                }
            }
            known.ShouldBe(present, ignoreOrder: true);
        }
    }

    private static JsonObject Thing(string name, string space = "")
    {
        var metadata = new JsonObject { ["name"] = name };
        if (space.Length > 0)
        {
            metadata["namespace"] = space;
        }
        return new JsonObject { ["metadata"] = metadata };
    }

    private static IEnumerable<string> Names(StoreSnapshot snapshot) => snapshot.Range(null).Select(item => item.Name);

    private static List<StoreEvent> Drain(Watcher watcher)
    {
        var changes = new List<StoreEvent>();
        while (watcher.Events.TryRead(out var change))
        {
            changes.Add(change);
        }
        return changes;
    }
}
