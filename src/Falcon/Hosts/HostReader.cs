using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>Reads device records. Platforms, policy ids and the like come in few kinds: each is kept once.</summary>
public sealed class HostReader
{
    /// <summary>What <c>fields</c> asks of the API: a record is 9 kB, this is a tenth of it.</summary>
    public const string Fields = "device_id,cid,hostname,platform_name,product_type_desc,os_version,agent_version,last_seen,groups,tags,device_policies";

    // Bounded: hostile input must not turn the cache into the fleet.
    private const int MostInterned = 100_000;
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
        string? id = null;
        string cid = "", hostname = "", platform = "", product = "", os = "", agent = "", seen = "";
        List<string> groups = [], tags = [];
        var policies = new string?[PolicyType.All.Length];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("device_id"u8))
            {
                id = Text(ref reader);
            }
            else if (reader.ValueTextEquals("cid"u8))
            {
                cid = Known(ref reader);
            }
            else if (reader.ValueTextEquals("hostname"u8))
            {
                hostname = Text(ref reader);
            }
            else if (reader.ValueTextEquals("platform_name"u8))
            {
                platform = Known(ref reader);
            }
            else if (reader.ValueTextEquals("product_type_desc"u8))
            {
                product = Known(ref reader);
            }
            else if (reader.ValueTextEquals("os_version"u8))
            {
                os = Known(ref reader);
            }
            else if (reader.ValueTextEquals("agent_version"u8))
            {
                agent = Known(ref reader);
            }
            else if (reader.ValueTextEquals("last_seen"u8))
            {
                seen = Text(ref reader);
            }
            else if (reader.ValueTextEquals("groups"u8))
            {
                groups = Texts(ref reader);
            }
            else if (reader.ValueTextEquals("tags"u8))
            {
                tags = Texts(ref reader);
            }
            else if (reader.ValueTextEquals("device_policies"u8))
            {
                Policies(ref reader, policies);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Host
        {
            DeviceId = id is { Length: > 0 } ? id : throw new MalformedPolicyException("device_id", "absent", "the id of a host"),
            Cid = cid,
            Hostname = hostname,
            Platform = platform,
            ProductType = product,
            OsVersion = os,
            AgentVersion = agent,
            LastSeen = seen,
            Groups = groups,
            Tags = tags,
            Policies = policies,
        };
    }

    private void Policies(ref Utf8JsonReader reader, string?[] policies)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = -1;
            foreach (var type in PolicyType.All)
            {
                // Some clouds write content_update and it_automation with an underscore.
                if (type.HostKey is { } key && (reader.ValueTextEquals(key) || reader.ValueTextEquals(type.Key)))
                {
                    index = type.Index;
                }
            }

            reader.Read();
            if (index < 0 || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("policy_id"u8))
                {
                    policies[index] = Known(ref reader) is { Length: > 0 } id ? id : policies[index];
                }
                else
                {
                    reader.Skip();
                }
            }
        }
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString()!;
        }

        reader.Skip();
        return "";
    }

    private string Known(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return "";
        }

        return Intern(ref reader);
    }

    private string Intern(ref Utf8JsonReader reader)
    {
        Span<char> buffer = stackalloc char[256];
        if (reader.ValueSpan.Length > buffer.Length)
        {
            return reader.GetString()!;
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

    private List<string> Texts(ref Utf8JsonReader reader)
    {
        reader.Read();
        var texts = new List<string>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return texts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(Intern(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }

        return texts;
    }
}
