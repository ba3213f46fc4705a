using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Testing;

/// <summary>Cases about hosts.</summary>
internal static class HostCases
{
    public static JsonObject Rollup(FalconCase test)
    {
        if (test.Policy.Field("host") is not { } record)
        {
            return new JsonObject { ["rows"] = 0, ["stats"] = Shape(default) };
        }

        var host = new HostReader().Read(System.Text.Encoding.UTF8.GetBytes(record.GetRawText()));
        var scans = new Hosts.ScanCoverage();
        var scanIndex = test.Policy.Field("ods_coverage")?.Field("coverage_index");
        foreach (var scan in scanIndex?.Texts(host.DeviceId) ?? [])
        {
            scans.Add(scan, [], [host.DeviceId]);
        }

        var assessments = new AssessmentCoverage();
        foreach (var entry in test.Policy.Field("sca_coverage")?.Field("coverage_index")?.EnumerateObject() ?? default)
        {
            assessments.Host(entry.Name, entry.Value.Field("has_findings")?.ValueKind == JsonValueKind.True);
        }

        var verdict = new HostRollup(PolicyType.All, Grades(test.Policy.Field("graded") ?? default), scans, assessments).Verdict(host);
        var withTrust = test.Policy.Field("config")?.Field("host_fetching")?.Field("include_zta")?.ValueKind != JsonValueKind.False;
        var trust = withTrust ? ZeroTrust.Read(test.Policy.Field("zta") ?? default) : null;
        return new JsonObject
        {
            ["rows"] = 1,
            ["statuses"] = new JsonObject(PolicyType.All.Select(type => KeyValuePair.Create(type.Key, (JsonNode?)verdict.Statuses[type].Text()))),
            ["all_passed"] = verdict.AllPassed,
            ["any_failed"] = verdict.AnyFailed,
            ["has_ungradable"] = verdict.HasUngradable,
            ["zta_assessment"] = trust is { } scores ? new JsonObject { ["sensor_config"] = scores.SensorConfig, ["os"] = scores.Os, ["overall"] = scores.Overall } : null,
            ["ods_last_compliant_scan"] = test.Policy.Field("ods_coverage")?.Field("last_compliant_scan_times")?.Text(host.DeviceId) ?? "",
            ["stats"] = Shape(default(HostCounts).Plus(verdict.AllPassed, verdict.AnyFailed)),
        };
    }

    public static JsonObject Stats(FalconCase test) => Shape(test.Policy.Items("hosts")
        .Aggregate(default(HostCounts), (counts, host) => counts.Plus(IsTrue(host, "all_passed"), IsTrue(host, "any_failed"))));

    public static JsonObject Filter(FalconCase test)
    {
        var filter = new HostFilter
        {
            Hostname = test.Policy.Text("hostname"),
            Platform = test.Policy.Text("platform"),
            Passed = test.Policy.Text("status") switch { "all-passed" => true, "any-failed" => false, _ => null },
            GroupIds = [.. test.Policy.Texts("group_ids")],
            Tags = [.. test.Policy.Texts("tags")],
        };
        var matching = test.Policy.Items("hosts").Where(row =>
        {
            var host = new Host
            {
                DeviceId = row.Text("device_id") ?? "",
                Hostname = row.Text("hostname") ?? "",
                Platform = row.Text("platform") ?? "",
                Groups = [.. row.Texts("groups")],
                Tags = [.. row.Texts("tags")],
            };
            return filter.Matches(host, IsTrue(row, "all_passed"), IsTrue(row, "any_failed"));
        });
        return new JsonObject { ["device_ids"] = Texts(matching.Select(row => row.Text("device_id") ?? "")) };
    }

    public static async Task<JsonObject> ProbeAsync(FalconCase test, CancellationToken cancellationToken)
    {
        var hosts = (test.Policy.Field("assignments")?.EnumerateObject() ?? default)
            .Select(entry => (Policy: entry.Value.Text("sca_policy_id") ?? "", Host: new Host { DeviceId = entry.Name, Platform = entry.Value.Text("platform_name") ?? "" }))
            .ToList();
        var findings = test.Policy.Field("findings_by_aid") ?? default;
        var calls = 0;
        var policies = await AssessmentProbe.RunAsync(
            hosts.GroupBy(entry => entry.Policy, entry => entry.Host).Select(group => KeyValuePair.Create(group.Key, (IReadOnlyList<Host>)[.. group])),
            (id, _) =>
            {
                calls++;
                return Task.FromResult<IReadOnlyList<JsonElement>>([.. findings.Items(id)]);
            },
            cancellationToken);
        var dead = policies.Where(policy => !policy.HasRuleGroups).Select(policy => policy.Id).ToHashSet(StringComparer.Ordinal);
        return new JsonObject
        {
            ["api_calls"] = calls,
            ["dead_policies"] = Texts(dead),
            ["virtual_policies"] = new JsonArray([.. policies.Select(policy => JsonNode.Parse(policy.ToJson().GetRawText()))]),
            ["coverage"] = new JsonObject(hosts.Select(entry => KeyValuePair.Create(entry.Host.DeviceId, (JsonNode?)new JsonObject
            {
                ["policy_id"] = entry.Policy,
                ["has_findings"] = !dead.Contains(entry.Policy),
                ["finding_count"] = dead.Contains(entry.Policy) ? 0 : -1,
            }))),
        };
    }

    /// <summary>The case names no group of a host, only the members of groups: they are asked for as in an audit of records without groups.</summary>
    public static async Task<JsonObject> ScanCoverageAsync(FalconCase test, CancellationToken cancellationToken)
    {
        var coverage = new Hosts.ScanCoverage();
        var groups = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var scan in test.Policy.Items("scans"))
        {
            coverage.Add(scan.Text("id") ?? "", scan.Texts("host_groups"), scan.Texts("hosts"));
            scan.Texts("hosts").ToList().ForEach(host => groups.TryAdd(host, []));
        }

        var time = new VirtualTime();
        using var limiter = new RateLimiter(RateLimit.VeryLarge, time);
        using var client = new FalconClient(
            new FalconClientOptions { Address = new Uri("https://case.invalid"), Credentials = new FalconCredentials("case", "case-secret") }, limiter, time, new CaseTenant(test.Policy.Field("groups") ?? default));
        var api = new FalconApi(client);
        foreach (var group in coverage.Groups)
        {
            await api.GroupMembersAsync(group, host =>
            {
                groups.TryAdd(host, []);
                groups[host].Add(group);
            }, cancellationToken);
        }

        return new JsonObject
        {
            ["index"] = new JsonObject(groups.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)Texts(coverage.Of(new Host { DeviceId = entry.Key, Groups = entry.Value }))))),
            ["api_calls"] = client.Counters.ByOperation.Where(count => count.Operation == FalconOperation.GroupMembers.Name).Sum(count => count.Requests),
        };
    }

    public static JsonObject LastScan(FalconCase test)
    {
        // Passing scans are given as ids, or as grades.
        var passing = test.Policy.EnumerateObject()
            .Where(field => field.Value.ValueKind == JsonValueKind.Array)
            .SelectMany(field => field.Value.EnumerateArray())
            .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : IsTrue(item, "passed") ? item.Text("policy_id") ?? item.Text("id") : null)
            .OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        var coverage = new Hosts.ScanCoverage();
        foreach (var run in test.Policy.Items("runs").Concat(test.Policy.Items("scans")).Where(run => passing.Contains(run.Text("profile_id") ?? "")))
        {
            coverage.Completed(run);
        }

        var times = new JsonObject(coverage.LastCompliantTimes.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value))));
        // A case wants the map itself, or the map under its name in the inputs of roll-ups; the other name is that of reports.
        return test.Expected.EnumerateObject().Any(field => field.Value.ValueKind == JsonValueKind.Object)
            ? new JsonObject { ["last_compliant_scan_times"] = times, ["last_compliant_scan"] = times.DeepClone(), ["result"] = times.DeepClone() }
            : Whole(times, test.Expected);
    }

    // A bare map has the hosts as its fields: one that the case does not want is a difference as well.
    private static JsonObject Whole(JsonObject times, JsonElement wanted) => times.Select(entry => entry.Key).FirstOrDefault(host => wanted.Field(host) is null) is { } host
        ? new JsonObject { ["error"] = $"the host {host} has a compliant scan too" } : times;

    internal static Dictionary<PolicyType, IReadOnlyList<PolicyGrade>> Grades(JsonElement graded)
    {
        var grades = new Dictionary<PolicyType, IReadOnlyList<PolicyGrade>>();
        foreach (var type in PolicyType.All)
        {
            if (graded.Field(type.Key) is { ValueKind: JsonValueKind.Array } list)
            {
                grades[type] = [.. list.EnumerateArray().Select(item => Grade(type, item))];
            }
        }

        return grades;
    }

    private static PolicyGrade Grade(PolicyType type, JsonElement item)
    {
        var ungradable = item.Text("grading_status") == "ungradable";
        return new PolicyGrade
        {
            Type = type,
            Id = item.Text("policy_id") ?? "",
            Name = item.Text("policy_name"),
            Platform = item.Text("platform_name"),
            Passed = ungradable ? null : item.Field("passed")?.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null },
            Ungradable = ungradable ? UngradableReason.NoPlatformConfig : null,
            ChecksCount = item.Field("checks_count")?.GetInt32() ?? 0,
            FailuresCount = item.Field("failures_count")?.GetInt32() ?? 0,
        };
    }

    private static JsonObject Shape(HostCounts counts) => new() { ["total"] = counts.Total, ["all_passed"] = counts.AllPassed, ["any_failed"] = counts.AnyFailed };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);

    private static bool IsTrue(JsonElement row, string field) => row.Field(field)?.ValueKind == JsonValueKind.True;
}
