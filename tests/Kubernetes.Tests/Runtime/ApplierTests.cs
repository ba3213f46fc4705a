using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class ApplierTests : IAsyncLifetime, IDisposable
{
    private static readonly ResourceType Configs = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);
    private static readonly ResourceType Gizmos = new("tests.example.dev", "v1", "gizmos", "Gizmo", Namespaced: true);
    private static readonly Widget Owner = Widget.Of("w", "1", uid: "owner-uid");

    private readonly TestContext context = new();
    private readonly FakeKubeClient server = new();
    private readonly CancellationTokenSource stop = new();
    private OwnedObjects owned = new();
    private Applier applier = null!;
    private List<Informer<PartialObjectMetadata>> caches = [];

    public Task InitializeAsync() => RestartAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        context.Dispose();
    }

    [Fact]
    public async Task W1_W2_an_object_is_applied_whole_with_manager_force_label_and_controlling_owner()
    {
        var report = await ApplyAsync([], Config("a", "k", "v"));
        report.Results.Single().Action.ShouldBe(ApplyAction.Created);
        var call = server.Writes.Single();
        call.Manager.ShouldBe("comptroller");
        var metadata = call.Body!["metadata"]!;
        ((string?)metadata["labels"]!["app.kubernetes.io/managed-by"]).ShouldBe("comptroller");
        metadata["ownerReferences"]!.ToJsonString().ShouldBe(
            """[{"apiVersion":"tests.example.dev/v1","kind":"Widget","name":"w","uid":"owner-uid","controller":true,"blockOwnerDeletion":true}]""");
        ((string?)metadata["namespace"]).ShouldBe("default");
        ((string?)call.Body["data"]!["k"]).ShouldBe("v");
        metadata["uid"].ShouldBeNull();
    }

    [Fact]
    public async Task W2_a_field_left_out_of_the_next_intent_is_given_up()
    {
        var first = await ApplyAsync([], Config("a", "old", "1"));
        await ApplyAsync(first.Inventory, Config("a", "new", "2"));
        server.Find(Configs, "default", "a")!["data"]!.ToJsonString().ShouldBe("""{"new":"2"}""");
    }

    [Fact]
    public async Task W3_an_unchanged_intent_costs_no_request()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"), Gizmo("g", 1));
        await CaughtUpAsync();
        var before = server.Calls.Count;
        var second = await ApplyAsync(first.Inventory, Config("a", "k", "v"), Gizmo("g", 1));
        second.Results.ShouldAllBe(result => result.Action == ApplyAction.Unchanged);
        second.Inventory.ShouldBe(first.Inventory);
        server.Calls.Count.ShouldBe(before);
    }

    [Fact]
    public async Task W3_after_a_restart_with_nothing_changed_there_are_no_writes_and_no_gets()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"), Gizmo("g", 1));
        server.Calls.Clear();
        await RestartAsync();
        var second = await ApplyAsync(first.Inventory, Config("a", "k", "v"), Gizmo("g", 1));
        second.Inventory.ShouldBe(first.Inventory);
        server.Calls.ShouldAllBe(call => call.Verb == "list" || call.Verb == "watch");
    }

    [Fact]
    public async Task W3_the_marker_is_the_generation_where_there_is_one_and_the_version_elsewhere()
    {
        var report = await ApplyAsync([], Config("a", "k", "v"), Gizmo("g", 1));
        report.Inventory[0].Marker.ShouldBe("r" + (string?)server.Find(Configs, "default", "a")!["metadata"]!["resourceVersion"]);
        report.Inventory[1].Marker.ShouldBe("g1");
        server.Put(Gizmos, """{"metadata":{"namespace":"default","name":"g"},"status":{"phase":"Up"}}""");
        await CaughtUpAsync();
        (await ApplyAsync(report.Inventory, Config("a", "k", "v"), Gizmo("g", 1))).Results[1].Action.ShouldBe(ApplyAction.Unchanged);
    }

    [Fact]
    public async Task W3_somebody_else_s_change_of_our_fields_is_put_back()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"), Gizmo("g", 1));
        server.Put(Configs, """{"metadata":{"namespace":"default","name":"a"},"data":{"k":"tampered"}}""");
        server.Put(Gizmos, """{"metadata":{"namespace":"default","name":"g"},"spec":{"size":9}}""");
        await CaughtUpAsync();
        var second = await ApplyAsync(first.Inventory, Config("a", "k", "v"), Gizmo("g", 1));
        second.Results.ShouldAllBe(result => result.Action == ApplyAction.Configured);
        ((string?)server.Find(Configs, "default", "a")!["data"]!["k"]).ShouldBe("v");
        ((int?)server.Find(Gizmos, "default", "g")!["spec"]!["size"]).ShouldBe(1);
        server.Writes.Last().Body!["metadata"]!["uid"].ShouldNotBeNull("rule W4: a deleted object is not created again by accident");
    }

    [Fact]
    public async Task An_object_that_somebody_deleted_is_created_again()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"));
        await CaughtUpAsync();
        await server.DeleteAsync(Configs, "default", "a", new DeleteOptions(), default);
        await CaughtUpAsync();
        var second = await ApplyAsync(first.Inventory, Config("a", "k", "v"));
        second.Results.Single().Action.ShouldBe(ApplyAction.Created);
        second.Inventory.Single().Uid.ShouldNotBe(first.Inventory.Single().Uid);
    }

    [Fact]
    public async Task L7_a_cache_that_lags_behind_our_own_write_causes_no_second_write()
    {
        await stop.CancelAsync();
        var first = await ApplyAsync([], Config("a", "k", "v"));
        var before = server.Calls.Count;
        (await ApplyAsync(first.Inventory, Config("a", "k", "v"))).Results.Single().Action.ShouldBe(ApplyAction.Unchanged);
        (await ApplyAsync([], Config("a", "k", "v"))).Results.Single().Action.ShouldBe(ApplyAction.Unchanged, "nor does a status that lags");
        server.Calls.Count.ShouldBe(before);
    }

    [Fact]
    public async Task An_object_of_somebody_else_is_reported_and_left_alone()
    {
        server.Put(Configs, """{"metadata":{"namespace":"default","name":"a"},"data":{"k":"theirs"}}""");
        var report = await ApplyAsync([], Config("a", "k", "ours"), Config("b", "k", "v"));
        report.Results[0].Action.ShouldBe(ApplyAction.Conflict);
        report.Results[0].Message!.ShouldContain("ConfigMap default/a exists and belongs to somebody else");
        report.Results[1].Action.ShouldBe(ApplyAction.Created);
        report.Inventory.Select(entry => entry.Name).ShouldBe(["b"]);
        ((string?)server.Find(Configs, "default", "a")!["data"]!["k"]).ShouldBe("theirs");
    }

    [Fact]
    public async Task An_object_that_another_resource_controls_is_reported_with_its_owner()
    {
        var other = Widget.Of("other", "1", uid: "other-uid");
        await applier.ApplyAsync(Widget.Type, other, [Config("a", "k", "v")], [], default);
        await CaughtUpAsync();
        var report = await ApplyAsync([], Config("a", "k", "v"));
        report.Results.Single().Action.ShouldBe(ApplyAction.Conflict);
        report.Results.Single().Message!.ShouldContain("belongs to Widget other");
    }

    [Fact]
    public async Task What_is_no_longer_intended_is_deleted_by_uid()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"), Config("b", "k", "v"));
        await CaughtUpAsync();
        var second = await ApplyAsync(first.Inventory, Config("b", "k", "v"));
        second.Of(ApplyAction.Pruned).Single().Key.Name.ShouldBe("a");
        server.Find(Configs, "default", "a").ShouldBeNull();
        second.Inventory.Select(entry => entry.Name).ShouldBe(["b"]);
    }

    [Fact]
    public async Task Pruning_spares_an_object_that_took_the_name_meanwhile()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"));
        await CaughtUpAsync();
        await server.DeleteAsync(Configs, "default", "a", new DeleteOptions(), default);
        server.Put(Configs, """{"metadata":{"namespace":"default","name":"a"},"data":{"k":"theirs"}}""");
        await CaughtUpAsync();
        var second = await ApplyAsync(first.Inventory);
        second.Inventory.ShouldBeEmpty();
        server.Find(Configs, "default", "a").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("elsewhere", "ConfigMap", "configmaps")]
    [InlineData("default", "Secret", "secrets")]
    [InlineData("default", "ConfigMap", "secrets")]
    public async Task W10_what_a_status_names_is_deleted_only_where_it_could_have_been_applied(string @namespace, string kind, string plural)
    {
        var entry = new InventoryEntry { Version = "v1", Plural = plural, Kind = kind, Namespace = @namespace, Name = "victim", Uid = "victim-uid" };
        await ApplyAsync([entry]);
        server.Writes.Where(write => write.Type.Plural == "secrets" || write.Namespace == "elsewhere").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_run_without_a_status_write_left_behind_is_pruned_too()
    {
        await ApplyAsync([], Config("a", "k", "v"));
        await CaughtUpAsync();
        await RestartAsync();
        var second = await ApplyAsync([], Config("b", "k", "v"));
        second.Of(ApplyAction.Pruned).Single().Key.Name.ShouldBe("a");
        server.Find(Configs, "default", "a").ShouldBeNull();
    }

    [Fact]
    public async Task One_failure_keeps_the_others_going_keeps_the_inventory_and_prunes_nothing()
    {
        var first = await ApplyAsync([], Config("a", "k", "v"), Config("old", "k", "v"));
        await CaughtUpAsync();
        server.FailBefore = call => call is { Verb: "apply", Name: "a" } ? FakeKubeClient.Error(500, "InternalError") : null;
        var second = await ApplyAsync(first.Inventory, Config("a", "k", "v2"), Config("b", "k", "v"));
        second.Results.Select(result => result.Action).ShouldBe([ApplyAction.Failed, ApplyAction.Created]);
        second.Inventory.Select(entry => entry.Name).ShouldBe(["a", "b", "old"]);
        var failure = Should.Throw<ApplyFailedException>(second.ThrowIfFailed);
        failure.Report.ShouldBe(second);
        failure.InnerException.ShouldBeOfType<KubeApiException>().Code.ShouldBe(500);
        server.FailBefore = null;
        await CaughtUpAsync();
        var third = await ApplyAsync(second.Inventory, Config("a", "k", "v2"), Config("b", "k", "v"));
        third.ThrowIfFailed();
        third.Inventory.Select(entry => entry.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_missing_kind_is_said_and_heals_when_its_crd_appears()
    {
        server.SetKindServed(Gizmos, false);
        await RestartAsync(gizmosServed: false);
        var first = await ApplyAsync([], Config("a", "k", "v"), Gizmo("g", 1));
        first.Results.Select(result => result.Action).ShouldBe([ApplyAction.Created, ApplyAction.KindMissing]);
        first.Inventory.Select(entry => entry.Name).ShouldBe(["a"]);
        server.Calls.ShouldNotContain(call => call.IsWrite && call.Type.Plural == "gizmos", "known without asking");
        server.SetKindServed(Gizmos, true);
        await context.Time.AdvanceUntilAsync(() => caches[1].HasSynced, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        (await ApplyAsync(first.Inventory, Config("a", "k", "v"), Gizmo("g", 1))).Results[1].Action.ShouldBe(ApplyAction.Created);
    }

    [Theory]
    [InlineData(404, "NotFound", "namespaces \"default\" not found", "namespaces")]
    [InlineData(403, "Forbidden", "configmaps \"a\" is forbidden: unable to create new content in namespace default because it is being terminated", "configmaps")]
    public async Task A_namespace_that_is_gone_or_going_is_a_failure_in_the_server_s_words_and_no_missing_kind(int code, string reason, string message, string subject)
    {
        server.FailBefore = call => call.Verb == "apply" ? new KubeApiException("APPLY", "/", code, reason, message, subject: subject) : null;
        var result = (await ApplyAsync([], Config("a", "k", "v"))).Results.Single();
        (result.Action, result.Message).ShouldBe((ApplyAction.Failed, message));
    }

    [Fact]
    public async Task A_404_that_names_nothing_is_a_missing_kind()
    {
        server.FailBefore = call => call.Verb == "apply" ? FakeKubeClient.Error(404, "NotFound", "the server could not find the requested resource") : null;
        var result = (await ApplyAsync([], Config("a", "k", "v"))).Results.Single();
        (result.Action, result.Message).ShouldBe((ApplyAction.KindMissing, "the server does not serve configmaps"));
    }

    [Fact]
    public async Task L3_what_was_applied_for_an_owner_that_is_gone_is_forgotten()
    {
        await ApplyAsync([], Config("a", "k", "v"));
        await applier.ApplyAsync(Widget.Type, Widget.Of("other", "1", uid: "other-uid"), [Config("b", "k", "v")], [], default);
        applier.Remembered.ShouldBe(2);
        applier.Forget("owner-uid");
        applier.Remembered.ShouldBe(1);
    }

    [Fact]
    public async Task W9_an_object_outside_the_owner_s_namespace_is_refused_before_anything_is_sent()
    {
        var body = Config("a", "k", "v");
        body.Body["metadata"]!["namespace"] = "elsewhere";
        (await Should.ThrowAsync<ArgumentException>(() => ApplyAsync([], body))).Message.ShouldContain("elsewhere/a is not in default");
        server.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_caller_s_objects_are_not_changed_by_applying_them()
    {
        var desired = Config("a", "k", "v");
        var before = desired.Body.ToJsonString();
        await ApplyAsync([], desired);
        desired.Body.ToJsonString().ShouldBe(before);
    }

    [Fact]
    public void W3_the_hash_ignores_the_order_of_properties_and_nothing_else()
    {
        static string Hash(string json) => IntentHash.Of(JsonNode.Parse(json)!.AsObject());
        Hash("""{"b":[1,{"y":null,"x":"ü"}],"a":true}""").ShouldBe(Hash("""{"a":true,"b":[1,{"x":"ü","y":null}]}"""));
        Hash("""{"a":[1,2]}""").ShouldNotBe(Hash("""{"a":[2,1]}"""));
        Hash("""{"a":1}""").ShouldNotBe(Hash("""{"a":"1"}"""));
        Hash("""{"a":null}""").ShouldNotBe(Hash("{}"));
        IntentHash.Of([], "x").ShouldNotBe(IntentHash.Of([], "y"));
        Hash("""{"a":{"b":1}}""").Length.ShouldBe(64);
    }

    private Task<ApplyReport> ApplyAsync(IReadOnlyList<InventoryEntry> previous, params DesiredObject[] desired) =>
        applier.ApplyAsync(Widget.Type, Owner, desired, previous, default);

    /// <summary>A new process: empty memory, caches filled from the server.</summary>
    private async Task RestartAsync(bool gizmosServed = true)
    {
        owned = new OwnedObjects();
        applier = new Applier(server, owned, "comptroller", context.Runtime);
        caches =
        [
            owned.Watch(server, Configs, "comptroller", [], required: true, context.Runtime),
            owned.Watch(server, Gizmos, "comptroller", [], required: false, context.Runtime),
        ];
        foreach (var cache in caches)
        {
            _ = Task.Run(() => cache.RunAsync(stop.Token));
        }

        await Settle.UntilAsync(() => caches[0].HasSynced && (gizmosServed ? caches[1].HasSynced : caches[1].IsKindMissing));
    }

    /// <summary>Waits until the caches show what the server holds.</summary>
    private Task CaughtUpAsync() => Settle.UntilAsync(() => caches.TrueForAll(cache => cache.Store.List().All(item =>
        (string?)server.Find(cache.Type, item.Metadata.Namespace!, item.Metadata.Name)?["metadata"]!["resourceVersion"] == item.Metadata.ResourceVersion)
        && server.Managed(cache.Type, "comptroller") == cache.Store.Count));

    private static DesiredObject Config(string name, string key, string value) => new(
        Configs, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = new JsonObject { [key] = value } });

    private static DesiredObject Gizmo(string name, int size) => new(
        Gizmos, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = new JsonObject { ["size"] = size } });
}
