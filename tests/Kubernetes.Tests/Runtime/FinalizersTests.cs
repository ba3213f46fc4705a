using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class FinalizersTests
{
    private const string Mine = "tests.example.dev/cleanup";

    private readonly FakeKubeClient server = new();
    private readonly Finalizers finalizers;

    public FinalizersTests()
    {
        finalizers = new Finalizers(server, "comptroller", Mine);
        server.Put(Widget.Type, """{"metadata":{"namespace":"default","name":"a"},"spec":{"size":1}}""");
    }

    [Fact]
    public async Task W7_W4_the_finalizer_goes_on_in_its_own_write_with_uid_and_manager()
    {
        (await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default)).ShouldBeTrue();
        var write = server.Writes.Single();
        write.Manager.ShouldBe("comptroller-finalizer");
        write.Body!["metadata"]!["uid"].ShouldNotBeNull();
        (await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default)).ShouldBeFalse();
        server.Writes.Count().ShouldBe(1);
    }

    [Fact]
    public async Task W7_others_finalizers_stay()
    {
        await new Finalizers(server, "other", "other.dev/x").EnsureAsync(Widget.Type, await ReadAsync(), default);
        await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default);
        (await ReadAsync()).Metadata.Finalizers.ShouldBe(["other.dev/x", Mine]);
        await finalizers.RemoveAsync(Widget.Type, await ReadAsync(), default);
        (await ReadAsync()).Metadata.Finalizers.ShouldBe(["other.dev/x"]);
    }

    [Fact]
    public async Task W7_an_entry_that_somebody_else_owns_too_goes_by_a_guarded_patch()
    {
        await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default);
        await server.ApplyAsync(
            Widget.Type, "default", "a",
            System.Text.Json.Nodes.JsonNode.Parse($$$"""{"metadata":{"name":"a","finalizers":["{{{Mine}}}"]}}""")!.AsObject(), new ApplyOptions("other"), default);
        await finalizers.RemoveAsync(Widget.Type, await ReadAsync(), default);
        (await ReadAsync()).Metadata.Finalizers.ShouldBeEmpty();
        server.Writes.Last().Verb.ShouldBe("jsonpatch");
    }

    [Fact]
    public async Task Removing_the_last_finalizer_of_a_deleted_object_lets_it_go()
    {
        await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default);
        await server.DeleteAsync(Widget.Type, "default", "a", new DeleteOptions(), default);
        var deleting = await ReadAsync();
        deleting.Metadata.DeletionTimestamp.ShouldNotBeNull();
        await finalizers.RemoveAsync(Widget.Type, deleting, default);
        server.Find(Widget.Type, "default", "a").ShouldBeNull();
    }

    [Fact]
    public async Task W4_an_object_that_was_deleted_meanwhile_is_not_created_again()
    {
        var stale = await ReadAsync();
        await server.DeleteAsync(Widget.Type, "default", "a", new DeleteOptions(), default);
        (await Should.ThrowAsync<KubeApiException>(() => finalizers.EnsureAsync(Widget.Type, stale, default))).IsConflict.ShouldBeTrue();
        server.Find(Widget.Type, "default", "a").ShouldBeNull();
    }

    [Fact]
    public async Task A_resource_being_deleted_takes_no_new_finalizer()
    {
        await new Finalizers(server, "other", "other.dev/x").EnsureAsync(Widget.Type, await ReadAsync(), default);
        await server.DeleteAsync(Widget.Type, "default", "a", new DeleteOptions(), default);
        (await finalizers.EnsureAsync(Widget.Type, await ReadAsync(), default)).ShouldBeFalse();
    }

    private Task<Widget> ReadAsync() => server.GetAsync(Widget.Type, "default", "a", default);
}
