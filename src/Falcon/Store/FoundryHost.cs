using System.Text.Json;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Store;

/// <summary>A stored host as JSON in a collection.</summary>
internal static class FoundryHost
{
    public static void Write(Utf8JsonWriter json, StoredHost row)
    {
        var host = row.Host;
        json.WriteStartObject();
        json.WriteString("id", host.DeviceId);
        json.WriteString("hostname", host.Hostname);
        json.WriteString("platform", host.Platform);
        json.WriteString("product", host.ProductType);
        json.WriteString("os", host.OsVersion);
        json.WriteString("agent", host.AgentVersion);
        json.WriteString("last_seen", host.LastSeen);
        if (host.KnowsGroups)
        {
            Texts(json, "groups", host.Groups);
        }

        Texts(json, "tags", host.Tags);
        Texts(json, "policies", host.Policies.Select(id => id ?? ""));
        json.WriteNumber("statuses", row.Verdict.Statuses.Bits);
        json.WriteString("last_scan", row.LastCompliantScan);
        if (row.Trust is { } trust)
        {
            json.WriteStartArray("zero_trust");
            foreach (var score in (ReadOnlySpan<int?>)[trust.SensorConfig, trust.Os, trust.Overall])
            {
                json.WriteNumberValue(score ?? -1);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Null when it has no id. Its verdict is that of its statuses alone.</summary>
    public static StoredHost? Read(JsonElement json)
    {
        if (json.Text("id") is not { Length: > 0 } id)
        {
            return null;
        }

        var policies = json.Texts("policies").Select(policy => policy.Length > 0 ? policy : null).Take(PolicyType.All.Length).ToArray();
        Array.Resize(ref policies, PolicyType.All.Length);
        var host = new Host
        {
            DeviceId = id,
            Hostname = json.Text("hostname") ?? "",
            Platform = json.Text("platform") ?? "",
            ProductType = json.Text("product") ?? "",
            OsVersion = json.Text("os") ?? "",
            AgentVersion = json.Text("agent") ?? "",
            LastSeen = json.Text("last_seen") ?? "",
            Groups = [.. json.Texts("groups")],
            KnowsGroups = json.Field("groups") is not null,
            Tags = [.. json.Texts("tags")],
            Policies = policies,
        };
        var statuses = new HostStatuses(json.Field("statuses") is { ValueKind: JsonValueKind.Number } bits ? bits.GetInt64() : 0);
        var scores = json.Items("zero_trust").Where(score => score.ValueKind == JsonValueKind.Number).Select(score => score.GetInt32()).ToList();
        return new StoredHost(host, HostVerdict.Of(statuses, []), scores.Count == 3 ? new ZeroTrust(Score(0), Score(1), Score(2)) : null, json.Text("last_scan") ?? "");

        int? Score(int place) => scores[place] >= 0 ? scores[place] : null;
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
