using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Tests.Controllers;

public sealed class GarbageCollectorTests : IAsyncLifetime
{
    private readonly Cluster _cluster = new();
    private ServedResource ConfigMaps => _cluster.Kind("", "configmaps");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_dependent_goes_with_its_last_owner_only()
    {
        var (first, second) = (Owner("first"), Owner("second"));
        Dependent("child", first, second);
        Remove(first);
        await _cluster.UntilAsync(() => Find("child")?.Content["metadata"]?["ownerReferences"] is JsonArray { Count: 1 });
        Remove(second);
        await _cluster.UntilAsync(() => Find("child") is null);
    }

    [Fact]
    public async Task A_chain_of_owners_is_collected_to_its_end()
    {
        var top = Owner("top");
        var middle = Dependent("middle", top);
        Dependent("bottom", middle);
        Remove(top);
        await _cluster.UntilAsync(() => Find("middle") is null && Find("bottom") is null);
    }

    [Fact]
    public async Task An_owner_of_an_unknown_kind_keeps_its_dependents()
    {
        _cluster.Create(ConfigMaps, """{"metadata":{"name":"kept","namespace":"default","ownerReferences":[{"apiVersion":"gone.example.dev/v1","kind":"Gone","name":"g","uid":"1"}]}}""");
        Dependent("sentinel", ("ConfigMap", "nobody", "2"));
        await _cluster.UntilAsync(() => Find("sentinel") is null);
        Find("kept").ShouldNotBeNull();
    }

    [Fact]
    public async Task Foreground_deletion_waits_for_dependents_that_block()
    {
        var owner = Owner("owner");
        var child = _cluster.Create(ConfigMaps, Json("child", """,  "finalizers": ["example.dev/hold"] """, (owner.Name, owner.Uid, true)));
        _cluster.Replace(ConfigMaps, owner, content =>
        {
            content["metadata"]!["deletionTimestamp"] = "2020-01-01T00:00:00Z";
            content["metadata"]!["finalizers"] = new JsonArray("foregroundDeletion");
        });
        await _cluster.UntilAsync(() => Find("child")?.Content["metadata"]?["deletionTimestamp"] is not null);
        Find("owner").ShouldNotBeNull();
        _cluster.Store.TryRemove(ConfigMaps.Storage, Find("child")!, out _).ShouldBeTrue();
        await _cluster.UntilAsync(() => Find("owner") is null);
        child.Name.ShouldBe("child");
    }

    [Fact]
    public async Task Orphan_deletion_leaves_the_dependents_without_owner()
    {
        var owner = Owner("owner");
        Dependent("child", owner);
        _cluster.Replace(ConfigMaps, owner, content =>
        {
            content["metadata"]!["deletionTimestamp"] = "2020-01-01T00:00:00Z";
            content["metadata"]!["finalizers"] = new JsonArray("orphan");
        });
        await _cluster.UntilAsync(() => Find("owner") is null);
        Find("child").ShouldNotBeNull().Content["metadata"]!["ownerReferences"].ShouldBeNull();
    }

    private StoredObject Owner(string name) => _cluster.Create(ConfigMaps, Json(name, ""));

    private StoredObject Dependent(string name, params StoredObject[] owners) =>
        _cluster.Create(ConfigMaps, Json(name, "", [.. owners.Select(owner => (owner.Name, owner.Uid, false))]));

    private void Dependent(string name, (string Kind, string Name, string Uid) owner) => _cluster.Create(ConfigMaps, Json(name, "", (owner.Name, owner.Uid, false)));

    private static string Json(string name, string more, params (string Name, string Uid, bool Blocks)[] owners)
    {
        var references = string.Join(',', owners.Select(owner =>
            $$"""{"apiVersion":"v1","kind":"ConfigMap","name":"{{owner.Name}}","uid":"{{owner.Uid}}","blockOwnerDeletion":{{(owner.Blocks ? "true" : "false")}}}"""));
        return $$"""{"metadata":{"name":"{{name}}","namespace":"default","ownerReferences":[{{references}}]{{more}} } }""";
    }

    private void Remove(StoredObject item) => _cluster.Store.TryRemove(ConfigMaps.Storage, Find(item.Name)!, out _).ShouldBeTrue();

    private StoredObject? Find(string name) => _cluster.Store.Get(ConfigMaps.Storage, "default", name);
}
