using System.Collections.Frozen;
using System.Text.Json;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Api;

/// <summary>Every answer is what the OpenAPI document says of it.</summary>
public sealed class DocumentTests : IAsyncLifetime
{
    // What {id} stands for, and parameters that there is no answer without.
    private static readonly FrozenDictionary<string, string> Targets = new Dictionary<string, string>
    {
        ["/api/v1/drifts/{id}"] = "/api/v1/drifts/i-0aaa",
        ["/api/v1/drifts/{id}/timeline"] = "/api/v1/drifts/i-0aaa/timeline",
        ["/api/v1/drifts/{id}/actors"] = "/api/v1/drifts/i-0aaa/actors",
        ["/api/v1/events/{id}"] = "/api/v1/events/1",
        ["/api/v1/providers/{id}/capabilities"] = "/api/v1/providers/gcp/capabilities",
        ["/api/v1/state/resource/{id}"] = "/api/v1/state/resource/vpc-1",
        ["/api/v1/graph/nodes/{id}"] = "/api/v1/graph/nodes/i-0aaa",
        ["/api/v1/graph/impact/{id}"] = "/api/v1/graph/impact/vpc-1",
        ["/api/v1/graph/dependencies/{id}"] = "/api/v1/graph/dependencies/i-0aaa",
        ["/api/v1/graph/dependents/{id}"] = "/api/v1/graph/dependents/vpc-1",
        ["/api/v1/graph/neighbors/{id}"] = "/api/v1/graph/neighbors/vpc-1",
        ["/api/v1/graph/relationships/{id}"] = "/api/v1/graph/relationships/vpc-1",
        ["/api/v1/graph/path"] = "/api/v1/graph/path?from=i-0aaa&to=vpc-1",
        ["/api/v1/graph/critical"] = "/api/v1/graph/critical?min=1",
        ["/api/v1/auth/api-keys/{id}"] = "",
    }.ToFrozenDictionary();

    private WatchFixture _watch = null!;
    private JsonElement _document;

    public async Task InitializeAsync()
    {
        var config = new DriftConfig
        {
            States = [new StateAddress("https://states.example.com/prod?secret=hunter2")],
            Rules = RuleBook.Default with
            {
                Rules = [new DriftRule("network", [new Wildcard("aws_*")], [new Wildcard("ingress")], Severity.High)],
                Ignore = [new IgnoreRule { Name = "scaling", Types = [new Wildcard("aws_autoscaling_group")] }],
            },
        };
        _watch = await WatchFixture.StartAsync(
            config,
            Given.Resource("aws_vpc", "main", """{"id":"vpc-1"}"""),
            Given.Resource("aws_instance", "web", """{"id":"i-0aaa","instance_type":"t3.micro","vpc_id":"vpc-1"}"""),
            Given.Resource("google_storage_bucket", "logs", """{"id":"logs","name":"logs","location":"EU"}"""));
        await _watch.SeeAsync(
        [
            Given.Alert("""{"ct.name":"ModifyInstanceAttribute","ct.user":"eve","ct.request.instanceid":"i-0aaa","ct.request.instancetype":"t3.large"}"""),
            Given.Alert("""{"gcp.methodName":"storage.buckets.delete","gcp.user":"eve","gcp.resourceName":"projects/_/buckets/logs"}""", "gcp_auditlog"),
            Given.Alert("""{"ct.name":"CreateVpc","ct.user":"eve","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-9\"}}"}"""),
        ]);
        await _watch.DataAsync("POST", "/api/v1/auth/api-keys", """{"name":"ci","scopes":["read"]}""");
        _document = JsonElement.Parse(_watch.Api.Document.Span);
    }

    public async Task DisposeAsync() => await _watch.DisposeAsync();

    [Fact]
    public async Task Whatever_is_asked_is_answered_as_the_document_says()
    {
        var asked = 0;
        foreach (var route in _watch.Api.Routes.Where(route => route is { Method: "GET", IsBare: false }))
        {
            var target = Targets.GetValueOrDefault(route.Template, route.Template);
            target.ShouldNotContain("{id}", Case.Sensitive, "a new route needs a target here");
            var data = await _watch.DataAsync("GET", target);
            AnswerSchema.Misfits(_document, route.Data, data).ShouldBeEmpty(target);
            route.Data.ShouldNotBe("Any", $"{target}: callers generate code from the document");
            asked++;
        }

        asked.ShouldBeGreaterThan(30);
    }

    [Theory]
    [InlineData("/api/v1/graph/match", """{"start_labels":["EC2"],"end_labels":["VPC"],"end_filter":{"id":"vpc-1"}}""", "GraphMatches")]
    [InlineData("/api/v1/state/reload", "", "Reload")]
    [InlineData("/api/v1/drifts/i-0aaa/acknowledge", """{"comment":"known"}""", "Drift")]
    [InlineData("/api/v1/auth/api-keys", """{"name":"other","scopes":["read"]}""", "CreatedKey")]
    public async Task Whatever_is_done_is_answered_as_the_document_says(string target, string body, string schema)
    {
        _watch.Api.Find("POST", target).Route!.Data.ShouldBe(schema);
        AnswerSchema.Misfits(_document, schema, await _watch.DataAsync("POST", target, body)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_members_of_the_graph_and_of_correlations_are_all_there()
    {
        var schemas = _document.GetProperty("components").GetProperty("schemas");
        foreach (var path in _watch.Api.Routes.Where(route => route is { Method: "GET", IsBare: false } && (route.Template.Contains("/graph", StringComparison.Ordinal) || route.Template.Contains("/correlations", StringComparison.Ordinal))))
        {
            var members = (await _watch.DataAsync("GET", Targets.GetValueOrDefault(path.Template, path.Template))).EnumerateObject().Select(member => member.Name);
            schemas.GetProperty(path.Data).GetProperty("properties").EnumerateObject().Select(member => member.Name).Except(members).ShouldBeEmpty(path.Template);
        }
    }

    [Fact]
    public async Task Labels_of_nodes_are_counted_as_the_nodes_have_them()
    {
        var labels = (await _watch.DataAsync("GET", "/api/v1/graph/stats")).GetProperty("nodes_by_label");
        (labels.GetProperty("Resource").GetInt32(), labels.GetProperty("VPC").GetInt32(), labels.GetProperty("google_storage_bucket").GetInt32()).ShouldBe((3, 1, 1));
        labels.TryGetProperty("aws_vpc", out _).ShouldBeFalse("a network is VPC and Network");
    }

    [Fact]
    public async Task What_one_user_did_in_two_clouds_is_one_correlation()
    {
        var page = await _watch.DataAsync("GET", "/api/v1/correlations");
        var found = page.GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        found.GetProperty("reason").GetString().ShouldBe("same_user_multi_cloud");
        found.GetProperty("user").GetString().ShouldBe("eve");
        found.GetProperty("providers").ToString().ShouldBe("""["aws","gcp"]""");
        found.GetProperty("drifts").GetArrayLength().ShouldBe(3);
        var stats = await _watch.DataAsync("GET", "/api/v1/correlations/stats?window=1");
        (stats.GetProperty("total").GetInt32(), stats.GetProperty("drifts").GetInt32(), stats.GetProperty("window_seconds").GetInt32()).ShouldBe((1, 3, 60));
        stats.GetProperty("by_provider").GetProperty("gcp").GetInt32().ShouldBe(1);
        (await _watch.ErrorAsync(400, "GET", "/api/v1/correlations?minutes=5")).ShouldContain("minutes: unknown parameter");
    }
}
