using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Informers;

public sealed class StoreTests
{
    private readonly Store<Widget> store = new();
    private readonly List<ObjectChange<Widget>> changes = [];

    [Fact]
    public void C2_what_a_reader_got_does_not_change_under_it()
    {
        store.Upsert(Widget.Of("a", "1", size: 1), changes);
        var before = store.List();
        store.Upsert(Widget.Of("a", "2", size: 2), changes);
        store.Upsert(Widget.Of("b", "3"), changes);
        before.ShouldHaveSingleItem().Spec!.Size.ShouldBe(1);
    }

    [Fact]
    public void C1_a_new_uid_under_an_old_name_is_a_deletion_and_an_addition()
    {
        store.Upsert(Widget.Of("a", "1", uid: "x"), changes);
        changes.Clear();
        store.Upsert(Widget.Of("a", "2", uid: "y"), changes);
        changes.Count.ShouldBe(2);
        changes[0].IsDeleted.ShouldBeTrue();
        changes[1].Old.ShouldBeNull();
        changes[1].New!.Metadata.Uid.ShouldBe("y");
    }

    [Fact]
    public void C5_an_index_follows_additions_changes_and_deletions()
    {
        store.AddIndex("size", item => [$"{item.Spec!.Size}"]);
        store.Upsert(Widget.Of("a", "1", size: 1), changes);
        store.Upsert(Widget.Of("b", "2", size: 1), changes);
        Names("1").ShouldBe(["a", "b"]);
        store.Upsert(Widget.Of("a", "3", size: 2), changes);
        Names("1").ShouldBe(["b"]);
        Names("2").ShouldBe(["a"]);
        store.Remove(new ObjectKey("default", "b"), null, changes);
        Names("1").ShouldBeEmpty();
        store.Replace(null, new ObjectPage<Widget>([Widget.Of("z", "9", size: 5)], "9", null), changes);
        Names("2").ShouldBeEmpty();
        Names("5").ShouldBe(["z"]);
    }

    [Fact]
    public void C5_an_index_added_late_knows_what_is_stored_already()
    {
        store.Upsert(Widget.Of("a", "1", size: 7), changes);
        store.AddIndex("size", item => [$"{item.Spec!.Size}"]);
        Names("7").ShouldBe(["a"]);
    }

    [Fact]
    public void R4_a_replacement_of_one_namespace_leaves_the_others_alone()
    {
        store.Upsert(Widget.Of("a", "1", @namespace: "one"), changes);
        store.Upsert(Widget.Of("b", "2", uid: "u2", @namespace: "two"), changes);
        changes.Clear();
        store.Replace("one", new ObjectPage<Widget>([], "9", null), changes);
        changes.ShouldHaveSingleItem().Key.ShouldBe(new ObjectKey("one", "a"));
        store.Count.ShouldBe(1);
    }

    [Fact]
    public void C8_a_version_that_is_known_already_changes_nothing()
    {
        store.Upsert(Widget.Of("a", "1"), changes);
        store.Upsert(Widget.Of("a", "1"), changes);
        changes.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("9", "10", -1)]
    [InlineData("10", "10", 0)]
    [InlineData("123456789012345678901", "99", 1)]
    [InlineData("a", "1", null)]
    [InlineData("", "1", null)]
    [InlineData(null, "1", null)]
    [InlineData("01", "1", null)]
    public void R10_versions_are_ordered_as_decimal_numbers_and_malformed_ones_are_unknown(string? left, string right, int? expected)
    {
        var order = ResourceVersions.Compare(left, right);
        (order is null ? null : (int?)Math.Sign(order.Value)).ShouldBe(expected);
    }

    [Fact]
    public void YARP_2364_a_handler_added_late_hears_of_everything_stored()
    {
        using var context = new TestContext();
        var informer = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), context.Runtime);
        ((IReflectorSink<Widget>)informer).Replace(null, new ObjectPage<Widget>([Widget.Of("a", "1")], "1", null));
        var heard = new List<string>();
        informer.AddHandler(change => heard.Add(change.Key.Name));
        heard.ShouldBe(["a"]);
    }

    [Fact]
    public void L5_a_handler_that_throws_keeps_nobody_else_from_hearing()
    {
        using var context = new TestContext();
        var informer = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), context.Runtime);
        var heard = 0;
        informer.AddHandler(_ => throw new InvalidOperationException("mapping failed"));
        informer.AddHandler(_ => heard++);
        ((IReflectorSink<Widget>)informer).Replace(null, new ObjectPage<Widget>([Widget.Of("a", "1"), Widget.Of("b", "2", uid: "u2")], "1", null));
        heard.ShouldBe(2);
    }

    private IEnumerable<string> Names(string size) => store.ByIndex("size", size).Select(item => item.Metadata.Name).Order();
}
