namespace Comptroller.Drift.Tests.Api;

public sealed class GraphApiTests : IAsyncLifetime
{
    private WatchFixture _watch = null!;

    public async Task InitializeAsync() => _watch = await WatchFixture.StartAsync(
        null,
        Given.Resource("aws_vpc", "main", """{"id":"vpc-1"}"""),
        Given.Resource("aws_subnet", "a", """{"id":"subnet-1","vpc_id":"vpc-1"}"""),
        Given.Resource("aws_security_group", "web", """{"id":"sg-1","vpc_id":"vpc-1"}"""),
        Given.Resource("aws_instance", "web", """{"id":"i-0aaa","instance_type":"t3.micro","subnet_id":"subnet-1","vpc_security_group_ids":["sg-1"]}"""));

    public async Task DisposeAsync() => await _watch.DisposeAsync();

    [Fact]
    public async Task Dependencies_are_each_there_once()
    {
        var data = await _watch.DataAsync("GET", "/api/v1/graph/dependencies/i-0aaa?depth=3");
        var ids = data.GetProperty("dependencies").EnumerateArray().Select(node => node.GetProperty("properties").GetProperty("id").GetString()).ToList();
        ids.Distinct().Count().ShouldBe(ids.Count);
        data.GetProperty("count").GetInt32().ShouldBe(ids.Count);
        ids.ShouldContain("vpc-1");
    }

    [Fact]
    public async Task A_pattern_that_nothing_matches_is_echoed_with_nothing()
    {
        var data = await _watch.DataAsync("POST", "/api/v1/graph/match", """{"start_labels":["EC2"],"rel_type":"ROUTES_TO"}""");
        data.GetProperty("count").GetInt32().ShouldBe(0);
        data.GetProperty("matches").GetArrayLength().ShouldBe(0);
        data.GetProperty("pattern").ToString().ShouldBe("""{"StartLabels":["EC2"],"RelType":"ROUTES_TO","EndLabels":null,"EndFilter":null}""");
    }

    [Fact]
    public async Task Pages_of_nodes_and_edges_hold_all_and_say_what_has_drifted()
    {
        await _watch.SeeAsync([Given.Alert("""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-0aaa","ct.request.instancetype":"t3.large"}""")]);
        var nodes = await _watch.DataAsync("GET", "/api/v1/graph/nodes?limit=3");
        (nodes.GetProperty("total").GetInt32(), nodes.GetProperty("next_cursor").GetString()).ShouldBe((4, "3"));
        var rest = await _watch.DataAsync("GET", "/api/v1/graph/nodes?limit=3&cursor=3");
        var last = rest.GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        last.GetProperty("properties").GetProperty("has_drift").GetBoolean().ShouldBe(last.GetProperty("properties").GetProperty("id").GetString() == "i-0aaa");
        (await _watch.DataAsync("GET", "/api/v1/graph/nodes/i-0aaa")).GetProperty("labels").ToString().ShouldContain("Drifted");
        (await _watch.DataAsync("GET", "/api/v1/graph/nodes/vpc-1")).GetProperty("labels").ToString().ShouldNotContain("Drifted");
        (await _watch.DataAsync("GET", "/api/v1/graph/edges")).GetProperty("total").GetInt32().ShouldBeGreaterThan(2);
        (await _watch.DataAsync("GET", "/api/v1/stats")).GetProperty("graph").GetProperty("total_nodes").GetInt32().ShouldBe(4);
    }

    [Theory]
    [InlineData("/api/v1/graph/nodes/nope", 404, "Node not found")]
    [InlineData("/api/v1/graph/impact/nope", 404, "Node not found")]
    [InlineData("/api/v1/graph/path?from=vpc-1", 400, "from and to are required")]
    [InlineData("/api/v1/graph/path?from=vpc-1&to=nope", 404, "Node not found")]
    [InlineData("/api/v1/graph/relationships/vpc-1?direction=up", 400, "is none of outgoing, incoming, both")]
    public async Task Questions_that_cannot_be_answered_say_why(string target, int status, string message) => (await _watch.ErrorAsync(status, "GET", target)).ShouldContain(message);
}
