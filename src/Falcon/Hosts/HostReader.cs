using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>Reads device records. Platforms, policy ids and the like come in few kinds: each is kept once.</summary>
public sealed class HostReader
{
    /// <summary>What <c>fields</c> asks of the API: a record is 9 kB, this is a tenth of it.</summary>
    public const string Fields = "device_id,hostname,last_seen,cid,platform_name,product_type_desc,os_version,agent_version,groups,tags,device_policies";

    // Places in Fields. From Cid on, hosts share their values.
    private const int DeviceId = 0, Hostname = 1, LastSeen = 2, Cid = 3, Platform = 4, Product = 5, Os = 6, Agent = 7, Groups = 8, Tags = 9, Policies = 10;

    // Bounded: hostile input must not turn the cache into the fleet.
    private const int MostInterned = 100_000;

    private static readonly ImmutableArray<byte[]> FieldNames = [.. Fields.Split(',').Select(Encoding.UTF8.GetBytes)];

    private readonly Dictionary<string, string> _interned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _byChars;

    public HostReader() => _byChars = _interned.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Reads one record.</summary>
    /// <param name="utf8">A JSON object.</param>
    /// <exception cref="MalformedPolicyException">It has no <c>device_id</c>.</exception>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public Host Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        reader.Read();
        var texts = new string?[Groups];
        List<string> groups = [], tags = [];
        var knowsGroups = false;
        var policies = new string?[PolicyType.All.Length];
        var unapplied = 0;
        while (NextField(ref reader))
        {
            var field = FieldOf(ref reader);
            reader.Read();
            switch (field)
            {
                case Groups:
                    knowsGroups = reader.TokenType == JsonTokenType.StartArray;
                    AddTexts(ref reader, groups);
                    break;
                case Tags:
                    AddTexts(ref reader, tags);
                    break;
                case Policies:
                    ReadPolicies(ref reader, policies, ref unapplied);
                    break;
                case >= 0:
                    texts[field] = Text(ref reader, isShared: field >= Cid);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new Host
        {
            DeviceId = texts[DeviceId] is { Length: > 0 } id ? id : throw new MalformedPolicyException("device_id", "absent", "the id of a host"),
            Cid = texts[Cid] ?? "",
            Hostname = texts[Hostname] ?? "",
            Platform = texts[Platform] ?? "",
            ProductType = texts[Product] ?? "",
            OsVersion = texts[Os] ?? "",
            AgentVersion = texts[Agent] ?? "",
            LastSeen = texts[LastSeen] ?? "",
            Groups = groups,
            KnowsGroups = knowsGroups,
            Tags = tags,
            Policies = policies,
            Unapplied = unapplied,
        };
    }

    private static bool NextField(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static int FieldOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < FieldNames.Length; i++)
        {
            if (reader.ValueTextEquals(FieldNames[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private void ReadPolicies(ref Utf8JsonReader reader, string?[] policies, ref int unapplied)
    {
        if (!IsOpened(ref reader, JsonTokenType.StartObject))
        {
            return;
        }

        while (NextField(ref reader))
        {
            var type = TypeOf(ref reader);
            reader.Read();
            if (type is null)
            {
                reader.Skip();
            }
            else if (IsOpened(ref reader, JsonTokenType.StartObject))
            {
                if (PolicyId(ref reader, out var applied) is { } id)
                {
                    policies[type.Index] = id;
                    unapplied = applied ? unapplied & ~(1 << type.Index) : unapplied | 1 << type.Index;
                }
            }
        }
    }

    // Some clouds write content_update and it_automation with an underscore.
    private static PolicyType? TypeOf(ref Utf8JsonReader reader)
    {
        foreach (var type in PolicyType.All)
        {
            if (type.HostKey is { } key && (reader.ValueTextEquals(key) || reader.ValueTextEquals(type.Key)))
            {
                return type;
            }
        }

        return null;
    }

    private string? PolicyId(ref Utf8JsonReader reader, out bool applied)
    {
        (string? id, applied) = (null, true);
        while (NextField(ref reader))
        {
            var (isId, isApplied) = (reader.ValueTextEquals("policy_id"u8), reader.ValueTextEquals("applied"u8));
            reader.Read();
            if (isId)
            {
                id = Text(ref reader, isShared: true);
            }
            else if (isApplied && reader.TokenType is (JsonTokenType.True or JsonTokenType.False))
            {
                applied = reader.TokenType == JsonTokenType.True;
            }
            else
            {
                reader.Skip();
            }
        }

        return id is { Length: > 0 } ? id : null;
    }

    private void AddTexts(ref Utf8JsonReader reader, List<string> texts)
    {
        if (!IsOpened(ref reader, JsonTokenType.StartArray))
        {
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Text(ref reader, isShared: true) is { } text)
            {
                texts.Add(text);
            }
        }
    }

    // Anything else than what is expected is passed over: one odd field must not cost the host.
    private static bool IsOpened(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType == type)
        {
            return true;
        }

        reader.Skip();
        return false;
    }

    private string? Text(ref Utf8JsonReader reader, bool isShared)
    {
        if (!IsOpened(ref reader, JsonTokenType.String))
        {
            return null;
        }

        Span<char> buffer = stackalloc char[256];
        if (!isShared || reader.ValueSpan.Length > buffer.Length)
        {
            return reader.GetString();
        }

        ReadOnlySpan<char> text = buffer[..reader.CopyString(buffer)];
        if (_byChars.TryGetValue(text, out var known))
        {
            return known;
        }

        var made = text.ToString();
        if (_interned.Count < MostInterned)
        {
            _interned.Add(made, made);
        }

        return made;
    }
}
