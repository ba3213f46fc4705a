using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Http;

public class CollectionTests
{
    [Fact]
    public async Task Pages_show_the_state_of_the_first_page()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await api.CreateAsync(name);
        }
        var names = new List<string>();
        var token = "";
        do
        {
            var page = (await api.SendAsync("GET", $"{Api.Things}?limit=2&continue={token}")).Body!;
            names.AddRange(page["items"]!.AsArray().Select(item => (string)item!["metadata"]!["name"]!));
            token = (string?)page["metadata"]!["continue"] ?? "";
            await api.SendAsync("DELETE", $"{Api.Things}/d");
            await api.SendAsync("POST", Api.Things, Api.Thing("bb"));
        }
        while (token.Length > 0);

        names.ShouldBe(["a", "b", "c", "d", "e"]);
    }

    [Fact]
    public async Task Pages_over_all_namespaces_go_on_where_they_stopped()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        await api.CreateAsync("a");
        await api.CreateAsync("b");
        await api.SendAsync("POST", "/api/v1/namespaces", """{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "defaults"}}""");
        await api.SendAsync("POST", Api.Things.Replace("/default/", "/defaults/"), Api.Thing("a"));

        var first = (await api.SendAsync("GET", "/apis/test.example.dev/v1/things?limit=1")).Body!;
        var rest = (await api.SendAsync("GET", $"/apis/test.example.dev/v1/things?limit=5&continue={first["metadata"]!["continue"]}")).Body!;

        ((int)first["metadata"]!["remainingItemCount"]!).ShouldBe(2);
        rest["items"]!.AsArray().Select(item => $"{item!["metadata"]!["namespace"]}/{item["metadata"]!["name"]}").ShouldBe(["default/b", "defaults/a"]);
    }

    [Fact]
    public async Task A_collection_is_deleted_by_selector_and_answers_with_what_it_was()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        await api.CreateAsync("a", metadata: ", \"labels\": {\"x\": \"1\"}");
        await api.CreateAsync("b");

        var (_, deleted) = await api.SendAsync("DELETE", $"{Api.Things}?labelSelector=x");

        deleted!["items"]!.AsArray().ShouldHaveSingleItem()!["metadata"]!["name"]!.ToString().ShouldBe("a");
        (await api.SendAsync("GET", Api.Things)).Body!["items"]!.AsArray().ShouldHaveSingleItem()!["metadata"]!["name"]!.ToString().ShouldBe("b");
    }

    [Theory]
    [InlineData("limit=1&resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=0&resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=1&resourceVersionMatch=Sometimes", 422)]
    [InlineData("resourceVersion=abc", 500)]
    [InlineData("limit=abc", 400)]
    [InlineData("labelSelector=%3Dx", 400)]
    [InlineData("fieldSelector=spec.size%3D1", 400)]
    [InlineData("continue=xyz", 400)]
    public async Task A_list_that_contradicts_itself_is_refused(string query, int status)
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();

        (await api.SendAsync("GET", $"{Api.Things}?{query}")).Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_watch_without_a_revision_begins_with_what_is_there_and_marks_its_end()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        await api.CreateAsync("a");
        using var watch = await api.OpenWatchAsync($"{Api.Things}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");

        var present = JsonNode.Parse((await watch.ReadLineAsync())!)!;
        var mark = JsonNode.Parse((await watch.ReadLineAsync())!)!;

        present["type"]!.ToString().ShouldBe("ADDED");
        mark["type"]!.ToString().ShouldBe("BOOKMARK");
        mark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.ToString().ShouldBe("true");
    }

    [Fact]
    public async Task An_object_that_leaves_the_selector_is_told_as_deleted_with_its_last_fitting_state()
    {
        await using var api = await (await Api.StartAsync()).WithThingsAsync();
        var created = await api.CreateAsync("a", metadata: ", \"labels\": {\"x\": \"1\"}");
        using var watch = await api.OpenWatchAsync($"{Api.Things}?watch=1&labelSelector=x&resourceVersion={Api.Rv(created)}");

        var (_, patched) = await api.SendAsync("PATCH", $"{Api.Things}/a", """{"metadata": {"labels": {"x": null}}}""", Api.Merge);

        var line = JsonNode.Parse((await watch.ReadLineAsync())!)!;
        line["type"]!.ToString().ShouldBe("DELETED");
        line["object"]!["metadata"]!["labels"]!["x"]!.ToString().ShouldBe("1");
        Api.Rv(line["object"]!).ShouldBe(Api.Rv(patched!));
    }
}
