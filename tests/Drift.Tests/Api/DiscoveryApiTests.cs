using System.Text.Json;

namespace Comptroller.Drift.Tests.Api;

/// <summary>What the replaced tool served of clouds and providers, and who did a change.</summary>
public sealed class DiscoveryApiTests : IAsyncLifetime
{
    private WatchFixture _watch = null!;

    public async Task InitializeAsync()
    {
        _watch = await WatchFixture.StartAsync(
            null,
            Given.Resource("aws_instance", "web", """{"id":"i-1","arn":"arn:aws:ec2:eu-west-1:123456789012:instance/i-1","instance_type":"t3.micro","disable_api_termination":true}"""),
            Given.Resource("aws_vpc", "main", """{"id":"vpc-0","arn":"arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0"}"""),
            Given.Resource("aws_iam_role", "ci", """{"id":"ci","name":"ci","arn":"arn:aws:iam::123456789012:role/ci"}"""));
        await _watch.SeeAsync(
        [
            Alert("""{"ct.name":"ModifyInstanceAttribute","ct.src":"ec2.amazonaws.com","ct.region":"eu-west-1","ct.request":"{\"instanceId\":\"i-1\",\"instanceType\":{\"value\":\"m5.large\"}}","""),
            Alert("""{"ct.name":"ModifyInstanceAttribute","ct.src":"ec2.amazonaws.com","ct.region":"eu-west-1","ct.request":"{\"instanceId\":\"i-1\",\"disableApiTermination\":{\"value\":false}}","""),
            Alert("""{"ct.name":"DeleteVpc","ct.src":"ec2.amazonaws.com","ct.region":"us-east-1","ct.request":"{\"vpcId\":\"vpc-0\"}","""),
            Alert("""{"ct.name":"CreateVpc","ct.src":"ec2.amazonaws.com","ct.region":"us-east-1","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-9\"}}","""),
        ]);
    }

    public async Task DisposeAsync() => await _watch.DisposeAsync();

    [Fact]
    public async Task Who_did_it_is_told_wherever_a_drift_is_the_human_apart_from_the_role()
    {
        var listed = (await _watch.DataAsync("GET", "/api/v1/drifts?kind=unmanaged")).GetProperty("data")[0];
        var (events, _) = await _watch.Feed.ReadAsync(0, 100, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        var streamed = JsonElement.Parse(events[^1].Data);
        foreach (var drift in (JsonElement[])[listed, await _watch.DataAsync("GET", "/api/v1/drifts/vpc-9"), streamed])
        {
            var identity = drift.GetProperty("user_identity");
            identity.GetProperty("Type").GetString().ShouldBe("AssumedRole");
            identity.GetProperty("PrincipalID").GetString().ShouldBe("AROAEXAMPLE:alice@example.com");
            identity.GetProperty("ARN").GetString().ShouldBe("arn:aws:sts::123456789012:assumed-role/Admin/alice@example.com");
            identity.GetProperty("AccountID").GetString().ShouldBe("123456789012");
            identity.GetProperty("UserName").GetString().ShouldBe("alice@example.com");
            identity.GetProperty("Role").GetString().ShouldBe("Admin");
            (drift.GetProperty("region").GetString(), drift.GetProperty("source_ip").GetString(), drift.GetProperty("user_agent").GetString(), drift.GetProperty("request_id").GetString())
                .ShouldBe(("us-east-1", "203.0.113.9", "console", "req-1"));
        }

        var actor = (await _watch.DataAsync("GET", "/api/v1/drifts/vpc-9/actors"))[0];
        (actor.GetProperty("principal_id").GetString(), actor.GetProperty("account_id").GetString(), actor.GetProperty("role").GetString()).ShouldBe(("AROAEXAMPLE:alice@example.com", "123456789012", "Admin"));
    }

    [Fact]
    public async Task The_drift_list_has_what_is_unmanaged_missing_and_modified_with_both_values()
    {
        var data = await _watch.DataAsync("GET", "/api/v1/discovery/drift");
        (data.GetProperty("region").GetString(), data.GetProperty("next_cursor").GetString()).ShouldBe(("all", null));
        var summary = data.GetProperty("summary");
        (summary.GetProperty("terraform_resources").GetInt32(), summary.GetProperty("unmanaged_count").GetInt32(), summary.GetProperty("missing_count").GetInt32(), summary.GetProperty("modified_count").GetInt32())
            .ShouldBe((3, 1, 1, 2));
        var drift = data.GetProperty("drift");
        drift.GetProperty("unmanaged_resources").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe("vpc-9");
        drift.GetProperty("missing_resources").EnumerateArray().ShouldHaveSingleItem().GetProperty("address").GetString().ShouldBe("aws_vpc.main");
        var modified = drift.GetProperty("modified_resources").EnumerateArray().ShouldHaveSingleItem();
        (modified.GetProperty("resource_id").GetString(), modified.GetProperty("region").GetString()).ShouldBe(("i-1", "eu-west-1"));
        modified.GetProperty("terraform_state").GetProperty("instance_type").GetString().ShouldBe("t3.micro");
        modified.GetProperty("actual_state").GetProperty("instance_type").GetString().ShouldBe("m5.large");
        modified.GetProperty("differences").EnumerateArray().Select(each => each.GetProperty("field").GetString()).Order().ShouldBe(["disable_api_termination", "instance_type"]);
    }

    [Theory]
    [InlineData("us-east-1", 1, 1, 0)]
    [InlineData("eu-west-1", 0, 0, 1)]
    [InlineData("mars-1", 0, 0, 0)]
    public async Task A_region_leaves_what_is_in_it(string region, int unmanaged, int missing, int modified)
    {
        var drift = (await _watch.DataAsync("GET", $"/api/v1/discovery/drift?region={region}")).GetProperty("drift");
        (drift.GetProperty("unmanaged_resources").GetArrayLength(), drift.GetProperty("missing_resources").GetArrayLength(), drift.GetProperty("modified_resources").GetArrayLength()).ShouldBe((unmanaged, missing, modified));
    }

    [Theory]
    [InlineData("", new[] { "i-1", "ci", "vpc-9" })]
    [InlineData("&region=eu-west-1", new[] { "i-1" })]
    [InlineData("&region=us-east-1", new[] { "vpc-9" })]
    [InlineData("&region=global", new[] { "ci" })]
    public async Task A_scan_pages_through_what_is_there_managed_or_not_but_for_what_was_deleted(string filter, string[] ids)
    {
        var (found, cursor) = (new List<string>(), "");
        for (var pages = 0; pages < 10; pages++)
        {
            var data = await _watch.DataAsync("GET", $"/api/v1/discovery/scan?limit=1{filter}{cursor}");
            data.GetProperty("total_resources").GetInt32().ShouldBe(3);
            found.AddRange(data.GetProperty("resources").EnumerateArray().Select(resource => resource.GetProperty("id").GetString()!));
            if (data.GetProperty("next_cursor").GetString() is not { } next)
            {
                break;
            }

            cursor = $"&cursor={next}";
        }

        found.ShouldBe(ids);
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("?severity=high", 1)]
    [InlineData("?severity=low", 0)]
    [InlineData("?provider=aws", 4)]
    [InlineData("?provider=gcp", 0)]
    [InlineData("?resource_type=aws_instance", 2)]
    [InlineData("?provider=aws&severity=medium&resource_type=aws_vpc", 1)]
    [InlineData("?limit=3&page=2", 1)]
    [InlineData("?limit=1&page=9", 0)]
    public async Task Events_are_filtered_by_severity_provider_and_type(string query, int count)
    {
        var page = await _watch.DataAsync("GET", $"/api/v1/events{query}");
        page.GetProperty("data").GetArrayLength().ShouldBe(count);
        page.GetProperty("data").EnumerateArray().ShouldAllBe(each => each.GetProperty("provider").GetString() == "aws" && each.GetProperty("address").GetString() != null);
    }

    [Fact]
    public async Task Events_that_are_filtered_are_paged_without_a_gap_over_more_than_a_call_looks_at()
    {
        await _watch.SeeAsync([.. Enumerable.Range(100, 2500)]);
        await _watch.SeeAsync([Alert("""{"ct.name":"DeleteRole","ct.src":"iam.amazonaws.com","ct.request":"{\"roleName\":\"ci\"}",""")]);
        var (found, cursor, calls) = (new List<string>(), "", 0);
        do
        {
            var page = await _watch.DataAsync("GET", $"/api/v1/events?resource_type=aws_iam_role{cursor}");
            found.AddRange(page.GetProperty("data").EnumerateArray().Select(each => each.GetProperty("resource_id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0 && ++calls < 10);
        found.ShouldBe(["ci"]);
        (await _watch.ErrorAsync(400, "GET", "/api/v1/events?severity=bad")).ShouldContain("is none of");
    }

    [Fact]
    public async Task Providers_have_counters_uptime_and_the_time_since_their_last_event()
    {
        var data = await _watch.DataAsync("GET", "/api/v1/providers");
        data.GetProperty("uptime").GetString().ShouldBe("0.02:00:00");
        var aws = data.GetProperty("providers")[0];
        (aws.GetProperty("status").GetString(), aws.GetProperty("events_received").GetInt32(), aws.GetProperty("events_matched").GetInt32(), aws.GetProperty("error_count").GetInt32()).ShouldBe(("active", 10, 6, 1));
        (aws.GetProperty("uptime_seconds").GetInt32(), aws.GetProperty("seconds_since_last_event").GetInt32(), aws.GetProperty("has_comparison").GetBoolean()).ShouldBe((7200, 90, false));
        aws.GetProperty("resource_types").GetInt32().ShouldBeGreaterThan(150);
        var gcp = data.GetProperty("providers")[1];
        gcp.GetProperty("status").GetString().ShouldBe("idle");
        gcp.TryGetProperty("last_event_at", out _).ShouldBeFalse();
        var together = await _watch.DataAsync("GET", "/api/v1/providers/summary");
        (together.GetProperty("total_events").GetInt32(), together.GetProperty("match_rate_percent").GetDouble(), together.GetProperty("total_drifts").GetInt32(), together.GetProperty("uptime_seconds").GetInt32()).ShouldBe((10, 60, 4, 7200));
    }

    [Fact]
    public async Task Capabilities_name_the_calls_and_types_that_are_understood()
    {
        var data = await _watch.DataAsync("GET", "/api/v1/providers/gcp/capabilities");
        data.GetProperty("events").EnumerateArray().Select(each => each.GetString()).ShouldContain("compute.instances.setLabels");
        data.GetProperty("types").EnumerateArray().Select(each => each.GetString()).ShouldContain("google_storage_bucket");
        (await _watch.ErrorAsync(404, "GET", "/api/v1/providers/oracle/capabilities")).ShouldContain("aws, gcp, azure");
    }

    [Fact]
    public async Task Somebody_who_may_write_has_states_read_and_compared_at_once()
    {
        (await _watch.DataAsync("POST", "/api/v1/state/reload")).GetProperty("requested").GetBoolean().ShouldBeTrue();
        _watch.Reloads.ShouldBe(1);
        _watch.Api.Find("POST", "/api/v1/state/reload").Route!.Needs.ShouldBe(Comptroller.Drift.Api.Access.Scopes.Write);
    }

    private static string Alert(string fields) => Given.Alert(
        $$"""{{fields}}"ct.user":"Admin","ct.user.identitytype":"AssumedRole","ct.user.arn":"arn:aws:sts::123456789012:assumed-role/Admin/alice@example.com","ct.user.principalid":"AROAEXAMPLE:alice@example.com","ct.user.accountid":"123456789012","ct.srcip":"203.0.113.9","ct.useragent":"console","ct.requestid":"req-1"}""");
}
