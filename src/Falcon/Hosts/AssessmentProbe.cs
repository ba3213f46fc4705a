using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>
/// There is no API for configuration assessment policies: whether one works is seen from the findings of its hosts. A few hosts
/// are asked before it is declared dead; one that happens to be new or asleep would otherwise fail all the others.
/// </summary>
public static class AssessmentProbe
{
    /// <summary>Hosts asked for each policy.</summary>
    public const int MostHosts = 3;

    /// <summary>Finds out about every policy.</summary>
    /// <param name="samples">For each policy up to <see cref="MostHosts"/> hosts that have it.</param>
    /// <param name="findings">The findings of one host.</param>
    /// <param name="cancellationToken">Stops between hosts.</param>
    public static async Task<IReadOnlyList<AssessmentPolicy>> RunAsync(
        IEnumerable<KeyValuePair<string, IReadOnlyList<Host>>> samples,
        Func<string, CancellationToken, Task<IReadOnlyList<JsonElement>>> findings,
        CancellationToken cancellationToken)
    {
        var policies = new List<AssessmentPolicy>();
        foreach (var (policy, hosts) in samples)
        {
            var live = new List<AssessmentPolicy>();
            foreach (var host in hosts.Take(MostHosts))
            {
                live = Live(policy, host, await findings(host.DeviceId, cancellationToken));
                if (live.Count > 0)
                {
                    break;
                }
            }

            policies.AddRange(live.Count > 0 ? live : [new AssessmentPolicy(policy, "Unknown SCA Policy", Platform(hosts[0].Platform), HasRuleGroups: false)]);
        }

        return policies;
    }

    /// <summary>Windows, Mac or Linux, however it was spelt.</summary>
    public static string Platform(string text) => text.ToLowerInvariant() switch
    {
        "darwin" or "macos" or "mac" => "Mac",
        "windows" => "Windows",
        "linux" => "Linux",
        _ => text,
    };

    // One for each platform that the rules speak of.
    private static List<AssessmentPolicy> Live(string policy, Host host, IReadOnlyList<JsonElement> findings) => findings
        .Select(finding => finding.Field("finding")?.Field("rule") ?? default)
        .Where(rule => rule.Text("policy_id") is null || rule.Text("policy_id") == policy)
        .GroupBy(rule => Platform(rule.Text("platform_name") ?? host.Platform), StringComparer.Ordinal)
        .Select(rules => new AssessmentPolicy(policy, rules.First().Text("policy_name") ?? "Unknown SCA Policy", rules.Key, HasRuleGroups: true))
        .ToList();
}

/// <summary>A configuration assessment policy as it shows from outside.</summary>
public sealed record AssessmentPolicy(string Id, string Name, string Platform, bool HasRuleGroups)
{
    public JsonElement ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("id", Id);
            writer.WriteString("name", Name);
            writer.WriteString("platform_name", Platform);
            writer.WriteBoolean("is_enabled", true);
            writer.WriteBoolean("has_rule_groups", HasRuleGroups);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
