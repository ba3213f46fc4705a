using System.Net;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Http;

public class ServerTests
{
    [Fact]
    public async Task An_address_beyond_loopback_is_refused()
    {
        var refusal = await Should.ThrowAsync<ArgumentException>(() => SandboxServer.StartAsync(new SandboxOptions { Address = IPAddress.Any }));

        refusal.Message.ShouldContain("loopback");
    }

    [Fact]
    public async Task An_object_is_created_read_changed_and_deleted()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        var created = await api.CreateAsync("a");

        (await api.SendAsync("GET", $"{Api.Things}/a")).Body!.ToJsonString().ShouldBe(created.ToJsonString());
        var (_, patched) = await api.SendAsync("PATCH", $"{Api.Things}/a", """{"spec": {"size": 2}}""", Api.Merge);
        ((int)patched!["metadata"]!["generation"]!).ShouldBe(2);
        (await api.SendAsync("DELETE", $"{Api.Things}/a")).Body!["status"]!.ToString().ShouldBe("Success");
        (await api.SendAsync("GET", $"{Api.Things}/a")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_watch_from_a_revision_tells_everything_since()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        var created = await api.CreateAsync("a");
        await api.SendAsync("PATCH", $"{Api.Things}/a", """{"spec": {"size": 2}}""", Api.Merge);
        await api.SendAsync("DELETE", $"{Api.Things}/a");

        var lines = await api.WatchAsync($"{Api.Things}?watch=1&timeoutSeconds=1&resourceVersion={Api.Rv(created)}");

        lines.Select(line => (string)line["type"]!).ShouldBe(["MODIFIED", "DELETED"]);
    }

    [Fact]
    public async Task Dropped_watchers_see_the_end_of_the_stream()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        using var watch = await api.OpenWatchAsync($"{Api.Things}?watch=1&resourceVersion=0");
        await api.CreateAsync("a");
        JsonNode.Parse((await watch.ReadLineAsync())!)!["type"]!.ToString().ShouldBe("ADDED");

        api.Server.Faults.DropWatchers();

        (await watch.ReadLineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_stopping_server_waits_neither_for_watches_nor_for_delayed_requests()
    {
        var api = await (await Api.StartAsync()).WithThingsAsync();
        using var watch = await api.OpenWatchAsync($"{Api.Things}?watch=1&resourceVersion=0");
        api.Server.Faults.DelayNext(1, "^GET .*/things/a", TimeSpan.FromHours(1));
        var delayed = api.SendAsync("GET", $"{Api.Things}/a");

        await api.Server.DisposeAsync();

        (await watch.ReadLineAsync()).ShouldBeNull();
        await Should.ThrowAsync<HttpRequestException>(() => delayed);
        api.Client.Dispose();
    }

    [Fact]
    public async Task A_request_can_be_made_to_fail_before_and_after_its_work()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        api.Server.Faults.FailNext(1, "^POST .*/things", 503);
        api.Server.Faults.FailNext(1, "^POST .*/things", 500, afterCommit: true);

        (await api.SendAsync("POST", Api.Things, Api.Thing("a"))).Status.ShouldBe(503);
        (await api.SendAsync("GET", $"{Api.Things}/a")).Status.ShouldBe(404);
        (await api.SendAsync("POST", Api.Things, Api.Thing("a"))).Status.ShouldBe(500);
        (await api.SendAsync("GET", $"{Api.Things}/a")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Compaction_turns_old_revisions_into_410()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        var first = await api.CreateAsync("a");
        var last = await api.CreateAsync("b");
        var token = (string)(await api.SendAsync("GET", $"{Api.Things}?limit=1")).Body!["metadata"]!["continue"]!;
        await api.CreateAsync("c");

        api.Server.Faults.CompactNow();

        (await api.SendAsync("GET", $"{Api.Things}?resourceVersion={Api.Rv(first)}&resourceVersionMatch=Exact")).Status.ShouldBe(410);
        var (status, expired) = await api.SendAsync("GET", $"{Api.Things}?limit=5&continue={token}");
        status.ShouldBe(410);
        var rest = (await api.SendAsync("GET", $"{Api.Things}?limit=5&continue={expired!["metadata"]!["continue"]}")).Body!;
        rest["items"]!.AsArray().Select(item => (string)item!["metadata"]!["name"]!).ShouldBe(["b", "c"]);
        (await api.WatchAsync($"{Api.Things}?watch=1&resourceVersion={Api.Rv(last)}")).ShouldHaveSingleItem()["object"]!["code"]!.GetValue<int>().ShouldBe(410);
    }

    [Fact]
    public async Task Concurrent_patches_of_one_object_are_all_kept()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        await api.CreateAsync("a");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            api.SendAsync("PATCH", $"{Api.Things}/a", $$$$"""{"metadata": {"labels": {"l{{{{i}}}}": "x"}}}""", Api.Merge)));

        (await api.SendAsync("GET", $"{Api.Things}/a")).Body!["metadata"]!["labels"]!.AsObject().Count.ShouldBe(50);
    }

    [Fact]
    public async Task Requests_are_counted_by_verb_and_resource()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        await api.CreateAsync("a");

        api.Server.Requests.Count("POST", "things").ShouldBe(1);
        (await api.Client.GetStringAsync("/metrics")).ShouldContain("apiserver_request_total{verb=\"POST\",group=\"test.example.dev\",resource=\"things\",subresource=\"\",code=\"201\"} 1");
    }
}
