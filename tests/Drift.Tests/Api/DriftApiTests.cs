using System.Text.Json;
using Comptroller.Drift.Api;

namespace Comptroller.Drift.Tests.Api;

public sealed class DriftApiTests : IAsyncLifetime
{
    private const string Server = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a";

    private WatchFixture _watch = null!;

    public async Task InitializeAsync() => _watch = await WatchFixture.StartAsync(
        null,
        Given.Resource("aws_db_instance", "main", """{"id":"db-1","identifier":"main","password":"hunter2","engine":"postgres"}"""),
        Given.Resource("azurerm_mssql_server", "a", $$"""{"id":"{{Server}}","location":"westeurope"}"""));

    public async Task DisposeAsync() => await _watch.DisposeAsync();

    [Fact]
    public async Task Pages_by_cursor_and_by_number_are_the_same_and_neither_overlap_nor_miss()
    {
        await _watch.SeeAsync([.. Enumerable.Range(0, 25)]);
        var (byCursor, cursor) = (new List<string>(), "");
        do
        {
            var page = await _watch.DataAsync("GET", $"/api/v1/drifts?limit=10{cursor}");
            byCursor.AddRange(page.GetProperty("data").EnumerateArray().Select(drift => drift.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);

        var byNumber = new List<string>();
        foreach (var number in (int[])[1, 2, 3, 4])
        {
            var page = await _watch.DataAsync("GET", $"/api/v1/drifts?limit=10&page={number}");
            (page.GetProperty("total").GetInt32(), page.GetProperty("total_pages").GetInt32()).ShouldBe((25, 3));
            byNumber.AddRange(page.GetProperty("data").EnumerateArray().Select(drift => drift.GetProperty("id").GetString()!));
        }

        byCursor.Distinct().Count().ShouldBe(25);
        byNumber.ShouldBe(byCursor);
    }

    [Fact]
    public async Task Pages_that_make_no_sense_are_the_first_and_too_long_ones_the_longest()
    {
        var page = await _watch.DataAsync("GET", "/api/v1/drifts?page=0&limit=5000");
        (page.GetProperty("page").GetInt32(), page.GetProperty("limit").GetInt32()).ShouldBe((1, 1000));
        (await _watch.DataAsync("GET", "/api/v1/drifts?limit=x")).GetProperty("limit").GetInt32().ShouldBe(50);
        (await _watch.ErrorAsync(400, "GET", "/api/v1/drifts?page=1000&limit=1000")).ShouldContain("by cursor");
        (await _watch.ErrorAsync(400, "GET", "/api/v1/drifts?cursor=x")).ShouldContain("next_cursor");
    }

    [Theory]
    [InlineData("severity=medium", 3)]
    [InlineData("severity=critical", 0)]
    [InlineData("kind=unmanaged", 3)]
    [InlineData("kind=deleted", 0)]
    [InlineData("resource_type=aws_vpc", 3)]
    [InlineData("resource_id=vpc-2", 1)]
    [InlineData("provider=gcp", 0)]
    [InlineData("actor=eve", 3)]
    [InlineData("q=VPC-1", 1)]
    [InlineData("status=open", 3)]
    [InlineData("status=resolved,acknowledged", 0)]
    [InlineData("since=2030-01-01T00:00:00Z", 0)]
    public async Task Filters_leave_what_they_say(string filter, int count)
    {
        await _watch.SeeAsync(1, 2, 3);
        (await _watch.DataAsync("GET", $"/api/v1/drifts?{filter}")).GetProperty("data").GetArrayLength().ShouldBe(count);
    }

    [Theory]
    [InlineData("severity=bad", "severity: \"bad\" is none of low, medium, high, critical")]
    [InlineData("status=bad", "status: \"bad\" is none of")]
    [InlineData("kind=bad", "kind: \"bad\" is none of")]
    [InlineData("since=yesterday", "since: \"yesterday\" is no time")]
    [InlineData("colour=red", "colour: unknown parameter")]
    [InlineData("severity=low&severity=high", "severity is given twice")]
    public async Task Parameters_that_are_wrong_are_named(string query, string message)
    {
        try
        {
            (await _watch.ErrorAsync(400, "GET", $"/api/v1/drifts?{query}")).ShouldContain(message);
        }
        catch (ApiException e)
        {
            e.Message.ShouldContain(message);
        }
    }

    [Fact]
    public async Task A_drift_is_found_by_its_id_and_by_that_of_its_resource()
    {
        await _watch.SeeAsync(1);
        var byResource = await _watch.DataAsync("GET", "/api/v1/drifts/vpc-1");
        byResource.GetProperty("user_identity").GetProperty("UserName").GetString().ShouldBe("eve");
        byResource.GetProperty("actors")[0].GetProperty("source_ip").GetString().ShouldBe("203.0.113.9");
        var id = byResource.GetProperty("id").GetString()!;
        (await _watch.DataAsync("GET", $"/api/v1/drifts/{id}")).GetProperty("resource_id").GetString().ShouldBe("vpc-1");
        (await _watch.ErrorAsync(404, "GET", "/api/v1/drifts/nope")).ShouldBe("Drift alert not found");
    }

    [Fact]
    public async Task A_person_acknowledges_suppresses_resolves_and_reopens_and_the_timeline_says_who()
    {
        await _watch.SeeAsync(1);
        var id = (await _watch.DriftsAsync())[0].Id;
        (await _watch.DataAsync("POST", $"/api/v1/drifts/{id}/acknowledge", """{"comment":"looking"}""")).GetProperty("status").GetString().ShouldBe("acknowledged");
        (await _watch.DataAsync("POST", $"/api/v1/drifts/{id}/suppress", """{"until":"2026-08-01T00:00:00Z"}""")).GetProperty("until").GetString().ShouldBe("2026-08-01T00:00:00.000Z");
        (await _watch.DataAsync("POST", $"/api/v1/drifts/{id}/resolve")).GetProperty("status").GetString().ShouldBe("resolved");
        (await _watch.ErrorAsync(409, "POST", $"/api/v1/drifts/{id}/acknowledge")).ShouldContain("is resolved");
        (await _watch.DataAsync("POST", $"/api/v1/drifts/{id}/reopen")).GetProperty("status").GetString().ShouldBe("open");
        var timeline = (await _watch.DataAsync("GET", $"/api/v1/drifts/{id}/timeline")).GetProperty("data").EnumerateArray().ToList();
        timeline.Select(change => change.GetProperty("change").GetString()).ShouldBe(["detected", "acknowledged", "suppressed", "resolved", "reopened"]);
        timeline[1].GetProperty("by").GetString().ShouldBe("key:test");
        timeline[1].GetProperty("comment").GetString().ShouldBe("looking");
    }

    [Theory]
    [InlineData("suppress", """{"until":"2020-01-01T00:00:00Z"}""", 409, "end before it begins")]
    [InlineData("suppress", """{"until":"soon"}""", 400, "until: \"soon\" is no time")]
    [InlineData("acknowledge", """{"until":"2027-01-01T00:00:00Z"}""", 400, "until: unknown member")]
    [InlineData("acknowledge", """{"comment":7}""", 400, "comment: must be a text")]
    [InlineData("acknowledge", """{"comment":"a","comment":"b"}""", 400, "the body is no JSON")]
    [InlineData("acknowledge", "[]", 400, "the body must be an object")]
    [InlineData("acknowledge", "{", 400, "the body is no JSON")]
    public async Task Decisions_that_cannot_be_are_refused_with_the_reason(string verb, string body, int status, string message)
    {
        await _watch.SeeAsync(1);
        (await _watch.ErrorAsync(status, "POST", $"/api/v1/drifts/vpc-1/{verb}", body)).ShouldContain(message);
    }

    [Theory]
    [InlineData("db-1")]
    [InlineData("main")]
    [InlineData("aws_db_instance.main")]
    [InlineData(Server)]
    [InlineData("%2Fsubscriptions%2Fs%2FresourceGroups%2Fg%2Fproviders%2FMicrosoft.Sql%2Fservers%2Fa")]
    [InlineData("/subscriptions/S/resourcegroups/G/providers/microsoft.sql/servers/A")]
    public async Task Resources_are_found_by_any_of_their_names_slashes_and_all(string id) =>
        (await _watch.DataAsync("GET", $"/api/v1/state/resource/{id}")).GetProperty("type").GetString().ShouldBe(id.Contains('/', StringComparison.Ordinal) || id.Contains('%', StringComparison.Ordinal) ? "azurerm_mssql_server" : "aws_db_instance");

    [Fact]
    public async Task Secrets_of_states_are_not_served_nor_their_hashes()
    {
        var text = (await _watch.DataAsync("GET", "/api/v1/state/resources")).ToString();
        text.ShouldContain("postgres");
        text.ShouldContain("(sensitive)");
        text.ShouldNotContain("hunter2");
        text.ShouldNotContain("sensitive:");
    }

    [Fact]
    public async Task Resources_are_paged_and_filtered()
    {
        var page = await _watch.DataAsync("GET", "/api/v1/state/resources?limit=1");
        (page.GetProperty("total").GetInt32(), page.GetProperty("next_cursor").GetString()).ShouldBe((2, "1"));
        var next = await _watch.DataAsync("GET", "/api/v1/state/resources?limit=1&cursor=1");
        next.GetProperty("data")[0].GetProperty("type").GetString().ShouldBe("azurerm_mssql_server");
        next.GetProperty("next_cursor").GetString().ShouldBeNull();
        (await _watch.DataAsync("GET", "/api/v1/state/resources?resource_type=aws_db_instance")).GetProperty("total").GetInt32().ShouldBe(1);
        (await _watch.DataAsync("GET", "/api/v1/state")).GetProperty("resource_count").GetInt32().ShouldBe(2);
        (await _watch.ErrorAsync(404, "GET", "/api/v1/state/resource/nope")).ShouldBe("Resource not found");
    }

    [Fact]
    public async Task Stats_count_what_stands()
    {
        await _watch.SeeAsync(1, 2, 3, 4);
        await _watch.DataAsync("POST", "/api/v1/drifts/vpc-1/resolve");
        var stats = await _watch.DataAsync("GET", "/api/v1/stats");
        stats.GetProperty("drifts").GetProperty("total").GetInt32().ShouldBe(3);
        stats.GetProperty("drifts").GetProperty("status_counts").GetProperty("resolved").GetInt32().ShouldBe(1);
        stats.GetProperty("unmanaged").GetProperty("total").GetInt32().ShouldBe(3);
        stats.GetProperty("severity_breakdown").GetProperty("medium").GetDouble().ShouldBe(100);
        stats.GetProperty("top_resource_types")[0].GetProperty("resource_type").GetString().ShouldBe("aws_vpc");
        (await _watch.DataAsync("GET", "/api/v1/discovery/drift/summary")).GetProperty("counts").GetProperty("unmanaged").GetInt32().ShouldBe(3);
        (await _watch.DataAsync("GET", "/api/v1/providers/summary")).GetProperty("total_drifts").GetInt32().ShouldBe(3);
        (await _watch.DataAsync("GET", "/api/v1/providers")).GetProperty("count").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Events_are_what_happened_in_order()
    {
        await _watch.SeeAsync(1, 2, 3);
        var page = await _watch.DataAsync("GET", "/api/v1/events?limit=2");
        page.GetProperty("data").GetArrayLength().ShouldBe(2);
        var rest = await _watch.DataAsync("GET", $"/api/v1/events?cursor={page.GetProperty("next_cursor").GetString()}");
        var last = rest.GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString();
        (await _watch.DataAsync("GET", $"/api/v1/events/{last}")).GetProperty("drift").GetProperty("resource_type").GetString().ShouldBe("aws_vpc");
        await _watch.ErrorAsync(404, "GET", "/api/v1/events/99");
        await _watch.ErrorAsync(404, "GET", "/api/v1/events/x");
    }

    [Fact]
    public async Task Keys_are_made_listed_rotated_and_ended_over_the_API()
    {
        var made = await _watch.DataAsync("POST", "/api/v1/auth/api-keys", """{"name":"new-ci-key","scopes":["read"]}""");
        var (id, key) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        key.ShouldStartWith("dwk_");
        var list = await _watch.DataAsync("GET", "/api/v1/auth/api-keys");
        list.GetArrayLength().ShouldBe(1);
        list.ToString().ShouldNotContain(key);
        list.ToString().ShouldNotContain("hash");
        (await _watch.ErrorAsync(409, "POST", "/api/v1/auth/api-keys", """{"name":"new-ci-key","scopes":["read"]}""")).ShouldContain("already");
        (await _watch.DataAsync("POST", $"/api/v1/auth/api-keys/{id}/rotate", """{"overlap_seconds":60}""")).GetProperty("key").GetString().ShouldNotBe(key);
        await _watch.DataAsync("DELETE", "/api/v1/auth/api-keys", """{"name":"new-ci-key"}""");
        await _watch.DataAsync("DELETE", $"/api/v1/auth/api-keys/{id}");
        await _watch.ErrorAsync(404, "DELETE", $"/api/v1/auth/api-keys/{id}");
        (await _watch.ErrorAsync(409, "POST", "/api/v1/auth/token")).ShouldContain("not issued here");
    }

    [Theory]
    [InlineData("""{"scopes":["read"]}""", "name: is required")]
    [InlineData("""{"name":"a","scopes":[]}""", "scopes: must be a list")]
    [InlineData("""{"name":"a","scopes":["root"]}""", "scopes: \"root\" is none of")]
    [InlineData("""{"name":"a","scopes":["read"],"expires_in_days":0}""", "expires_in_days")]
    [InlineData("""{"name":"a\u0000","scopes":["read"]}""", "control character")]
    [InlineData("""{"name":"a","scopes":["read"],"extra":1}""", "extra: unknown member")]
    [InlineData("", "the body is no JSON")]
    public async Task Keys_that_make_no_sense_are_not_made(string body, string message) => (await _watch.ErrorAsync(400, "POST", "/api/v1/auth/api-keys", body)).ShouldContain(message);

    [Theory]
    [InlineData("%2", "percent sign")]
    [InlineData("%zz", "percent sign")]
    [InlineData("%00", "no text")]
    [InlineData("%ff", "no text")]
    public async Task Paths_that_are_no_text_are_refused(string id, string message) => (await _watch.ErrorAsync(400, "GET", $"/api/v1/drifts/{id}")).ShouldContain(message);

    [Fact]
    public void Unknown_paths_and_methods_are_told_apart()
    {
        _watch.Api.Find("GET", "/nope").Allowed.ShouldBe("");
        _watch.Api.Find("GET", "/api/v1/drifts/").Route.ShouldBeNull();
        _watch.Api.Find("PUT", "/api/v1/drifts").Allowed.ShouldBe("GET, HEAD");
        _watch.Api.Find("HEAD", "/api/v1/drifts").Route!.Template.ShouldBe("/api/v1/drifts");
        _watch.Api.Find("GET", "/api/v1/drifts/a/timeline").Route!.Template.ShouldBe("/api/v1/drifts/{id}/timeline");
        _watch.Api.Find("GET", "/api/v1/drifts/a/b/c").Route!.Template.ShouldBe("/api/v1/drifts/{id}");
    }

    [Fact]
    public void The_document_that_is_checked_in_is_the_one_that_is_served()
    {
        var path = Path.Combine(Root(), "docs", "api", "driftwatch-openapi.json");
        var document = System.Text.Encoding.UTF8.GetString(_watch.Api.Document.Span);
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(path, document);
        }

        document.ShouldBe(File.ReadAllText(path));
    }

    [Fact]
    public void The_document_has_every_route_and_every_schema_it_names()
    {
        var document = JsonElement.Parse(_watch.Api.Document.Span);
        document.GetProperty("openapi").GetString().ShouldBe("3.1.0");
        foreach (var route in _watch.Api.Routes)
        {
            document.GetProperty("paths").GetProperty(route.Template).TryGetProperty(route.Method.ToLowerInvariant(), out _).ShouldBeTrue(route.Template);
        }

        var schemas = document.GetProperty("components").GetProperty("schemas");
        foreach (var part in document.ToString().Split("#/components/schemas/").Skip(1))
        {
            var name = part[..part.IndexOf('"', StringComparison.Ordinal)];
            schemas.TryGetProperty(name, out _).ShouldBeTrue(name);
        }

        var operations = _watch.Api.Routes.Select(route => document.GetProperty("paths").GetProperty(route.Template).GetProperty(route.Method.ToLowerInvariant()).GetProperty("operationId").GetString()).ToList();
        operations.Distinct().Count().ShouldBe(operations.Count);
    }

    [Fact]
    public async Task What_is_served_has_the_members_its_schema_names()
    {
        await _watch.SeeAsync(1);
        var schemas = JsonElement.Parse(_watch.Api.Document.Span).GetProperty("components").GetProperty("schemas");
        foreach (var (target, schema) in ((string, string)[])[("/api/v1/drifts/vpc-1", "Drift"), ("/api/v1/stats", "Stats"), ("/api/v1/state", "State"), ("/api/v1/state/resource/db-1", "Resource"), ("/api/v1/drifts", "DriftPage"), ("/api/v1/events", "EventPage"), ("/api/v1/discovery/scan", "Scan"), ("/api/v1/discovery/drift", "Differences"), ("/api/v1/discovery/drift/summary", "Breakdown"), ("/api/v1/providers", "Providers"), ("/api/v1/providers/summary", "ProvidersSummary"), ("/api/v1/providers/aws/capabilities", "Capabilities"), ("/api/v1/rules", "Rules"), ("/api/v1/auth/whoami", "Caller")])
        {
            var data = await _watch.DataAsync("GET", target);
            var known = schemas.GetProperty(schema).GetProperty("properties").EnumerateObject().Select(property => property.Name);
            data.EnumerateObject().Select(property => property.Name).Except(known).ShouldBeEmpty(schema);
            known.Except(data.EnumerateObject().Select(property => property.Name)).ShouldBeEmpty(schema);
        }
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Operator.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
        }

        return folder;
    }
}
