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

    /// <summary>Reads what <see cref="Write"/> wrote. Its verdict is that of its statuses alone.</summary>
    /// <exception cref="FormatException">A field is not what it should be; names it.</exception>
    public static StoredHost Read(JsonElement json)
    {
        var policies = Texts(json, "policies").Select(policy => policy.Length > 0 ? policy : null).ToArray();
        if (policies.Length > PolicyType.All.Length)
        {
            throw new FormatException($"field \"policies\": {policies.Length} are more than there are types");
        }

        Array.Resize(ref policies, PolicyType.All.Length);
        var host = new Host
        {
            DeviceId = Text(json, "id") is { Length: > 0 } id ? id : throw new FormatException("field \"id\": a host has one"),
            Hostname = Text(json, "hostname"),
            Platform = Text(json, "platform"),
            ProductType = Text(json, "product"),
            OsVersion = Text(json, "os"),
            AgentVersion = Text(json, "agent"),
            LastSeen = Text(json, "last_seen"),
            Groups = Texts(json, "groups"),
            KnowsGroups = json.Field("groups") is not null,
            Tags = Texts(json, "tags"),
            Policies = policies,
        };
        return new StoredHost(host, HostVerdict.Of(Statuses(json), []), Trust(json), Text(json, "last_scan"));
    }

    private static HostStatuses Statuses(JsonElement json)
    {
        if (json.Field("statuses") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt64(out var bits) || bits < 0 || bits >> (PolicyType.All.Length * 4) != 0)
        {
            throw new FormatException("field \"statuses\": it is not the number of nine statuses");
        }

        var statuses = new HostStatuses(bits);
        return PolicyType.All.FirstOrDefault(type => !Enum.IsDefined(statuses[type])) is { } unknown ? throw new FormatException($"field \"statuses\": that of {unknown.Name} is none") : statuses;
    }

    private static ZeroTrust? Trust(JsonElement json)
    {
        if (json.Field("zero_trust") is not { } field)
        {
            return null;
        }

        Span<int> scores = stackalloc int[3];
        var count = 0;
        foreach (var score in field.ValueKind == JsonValueKind.Array ? field.EnumerateArray() : default)
        {
            if (count == 3 || score.ValueKind != JsonValueKind.Number || !score.TryGetInt32(out scores[count++]))
            {
                count = 0;
                break;
            }
        }

        return count == 3 ? new ZeroTrust(Score(scores[0]), Score(scores[1]), Score(scores[2])) : throw new FormatException("field \"zero_trust\": it is not three scores");

        static int? Score(int value) => value >= 0 ? value : null;
    }

    // What is absent is empty: parts leave nothing else out.
    private static string Text(JsonElement json, string name) => json.Field(name) switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        _ => throw new FormatException($"field \"{name}\": it is not a text"),
    };

    private static string[] Texts(JsonElement json, string name) => json.Field(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new FormatException($"field \"{name}\": there is something else than texts in it"))],
        _ => throw new FormatException($"field \"{name}\": it is not a list"),
    };

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
