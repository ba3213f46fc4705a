using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>
/// What is wanted of cases whose expected answer the file itself calls questionable without naming a better one field by field. Each
/// rule is worked out from the case, and not by the code that is asked, so that such a case can fail like any other.
/// </summary>
internal static class BetterAnswers
{
    private static readonly string[] Unseen = ["N/A", "NO POLICY ASSIGNED", "NOT GRADED"];

    /// <summary>The answer that is wanted in place of the questionable one; null where that stands.</summary>
    public static JsonObject? Of(FalconCase test) => test.Kind switch
    {
        "grade" => GradeBetter.Of(test),
        "host_rollup" => Rollup(test),
        "sca_probe" => Probe(test),
        "ods_coverage" => Coverage(test),
        "fql_filter" => Filter(test),
        "redact_args" => Arguments(test),
        "policy_ttl" => Ttl(test),
        "cron_next" => CronBetter.Next(test),
        "cron_field" => CronBetter.Field(test),
        _ => null,
    };

    // A record says the same whichever way its platform and the keys of its policies are spelt.
    private static JsonObject? Rollup(FalconCase test)
    {
        if (JsonNode.Parse(test.Policy.GetRawText()) is not JsonObject policy || policy["host"] is not JsonObject host || JsonNode.Parse(test.Expected.GetRawText()) is not JsonObject wanted
            || wanted["statuses"] is not JsonObject statuses)
        {
            return null;
        }

        if (host["platform_name"]?.GetValueKind() == JsonValueKind.String && host["platform_name"]!.GetValue<string>() is { Length: > 0 } platform)
        {
            host["platform_name"] = $"{char.ToUpperInvariant(platform[0])}{platform[1..].ToLowerInvariant()}";
        }

        foreach (var (odd, key) in (ReadOnlySpan<(string, string)>)[("content_update", "content-update"), ("it_automation", "it-automation")])
        {
            if (host["device_policies"] is JsonObject assigned && !assigned.ContainsKey(key) && assigned[odd] is { } named)
            {
                assigned[key] = named.DeepClone();
            }
        }

        // What the replaced tool has looked at stands; only what its spelling kept from it may be answered.
        var seen = HostCases.Rollup(test with { Policy = JsonElement.Parse(policy.ToJsonString()) })["statuses"]!.AsObject();
        foreach (var type in PolicyType.All.Where(type => Unseen.Contains(statuses[type.Key]?.ToString())))
        {
            statuses[type.Key] = seen[type.Key]?.DeepClone();
        }

        var all = statuses.Select(status => status.Value!.ToString()).ToList();
        var (passed, failed) = (all.TrueForAll(status => status is "PASSED" or "N/A") && all.Contains("PASSED"), all.Contains("FAILED"));
        (wanted["all_passed"], wanted["any_failed"], wanted["has_ungradable"]) = (passed, failed, all.Contains("UNGRADABLE"));
        wanted["stats"] = new JsonObject { ["total"] = 1, ["all_passed"] = passed ? 1 : 0, ["any_failed"] = failed ? 1 : 0 };
        return wanted;
    }

    // A policy is dead when none of the hosts that are asked has findings; each is asked until one has.
    private static JsonObject Probe(FalconCase test)
    {
        var findings = test.Policy.Field("findings_by_aid") ?? default;
        var hosts = (test.Policy.Field("assignments")?.EnumerateObject() ?? default).Select(host => (Id: host.Name, Policy: host.Value.Text("sca_policy_id") ?? "")).ToList();
        var (calls, dead) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var policy in hosts.GroupBy(host => host.Policy, host => host.Id))
        {
            var asked = policy.Take(AssessmentProbe.MostHosts).ToList();
            var first = asked.FindIndex(host => findings.Items(host).Any());
            calls += first < 0 ? asked.Count : first + 1;
            if (first < 0)
            {
                dead.Add(policy.Key);
            }
        }

        return new JsonObject
        {
            ["api_calls"] = calls,
            ["dead_policies"] = Texts(dead),
            ["coverage"] = new JsonObject(hosts.Select(host => KeyValuePair.Create(host.Id, (JsonNode?)new JsonObject
            {
                ["policy_id"] = host.Policy,
                ["has_findings"] = !dead.Contains(host.Policy),
                ["finding_count"] = dead.Contains(host.Policy) ? 0 : -1,
            }))),
        };
    }

    // Hosts that a scan names are covered by it, and a group is asked for its members once, however many scans name it.
    private static JsonObject Coverage(FalconCase test)
    {
        var index = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var groups = test.Policy.Items("scans").SelectMany(scan => scan.Texts("host_groups")).Distinct(StringComparer.Ordinal).Count();
        foreach (var scan in test.Policy.Items("scans"))
        {
            foreach (var host in scan.Texts("hosts").Concat(scan.Texts("host_groups").SelectMany(group => test.Policy.Field("groups")?.Texts(group) ?? [])).Distinct(StringComparer.Ordinal))
            {
                index.TryAdd(host, []);
                index[host].Add(scan.Text("id") ?? "");
            }
        }

        return new JsonObject { ["index"] = new JsonObject(index.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)Texts(entry.Value)))), ["api_calls"] = groups };
    }

    // The same filter with the quotes of values escaped.
    private static JsonObject? Filter(FalconCase test)
    {
        var values = (ReadOnlySpan<string>)["device_ids", "group_ids", "tags", "product_types"];
        var filter = test.Expected.Text("filter");
        foreach (var name in values)
        {
            foreach (var value in test.Policy.Texts(name).Where(value => value.AsSpan().IndexOfAny('\'', '\\') >= 0))
            {
                filter = filter?.Replace($"'{value}'", Fql.Quote(value), StringComparison.Ordinal);
            }
        }

        return filter is null || !filter.Contains('\\', StringComparison.Ordinal) ? null : new JsonObject { ["filter"] = filter };
    }

    // What follows any beginning of a credential option that is no beginning of another one is hidden.
    private static JsonObject Arguments(FalconCase test)
    {
        var shown = test.Policy.Texts("args").ToList();
        for (var i = 0; i < shown.Count; i++)
        {
            var equals = shown[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? shown[i] : shown[i][..equals];
            if (name.Length < 4 || !((ReadOnlySpan<string>)["--client-id", "--client-secret", "--base-url"]).ToArray().Any(option => option.StartsWith(name, StringComparison.Ordinal)))
            {
                continue;
            }

            if (equals >= 0)
            {
                shown[i] = $"{name}=<redacted>";
            }
            else if (i + 1 < shown.Count)
            {
                shown[++i] = "<redacted>";
            }
        }

        return new JsonObject { ["result"] = Texts(shown) };
    }

    // The only key that is configured, whichever of its names it has, is the one that was meant.
    private static JsonObject? Ttl(FalconCase test) =>
        (test.Policy.Field("ttl_policies")?.EnumerateObject().ToList() ?? []) is [{ Value.ValueKind: JsonValueKind.Number } only]
        && only.Name.StartsWith((test.Policy.Text("policy_type") ?? "").Split('_', '-')[0], StringComparison.Ordinal)
            ? new JsonObject { ["ttl_s"] = only.Value.GetInt32() } : null;

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
