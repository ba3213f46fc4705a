using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Model;

/// <summary>
/// SHA-256 over the canonical JSON of a policy: keys sorted, empty fields absent, stages in fixed order. Policies that differ only in how
/// they were written (key order, YAML style, empty against absent list, metadata) have equal hashes.
/// </summary>
public static class PolicyHash
{
    /// <summary>The full hash, 64 lower-case hex digits.</summary>
    public static string Compute(Policy policy)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteSorted(writer, PolicyJson.Write(policy));
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    /// <summary>The first 12 hex digits: enough to tell policies apart in a table or an annotation.</summary>
    public static string Short(Policy policy) => Compute(policy)[..12];

    private static void WriteSorted(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                writer.WriteStartObject();
                foreach (var (key, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(key);
                    WriteSorted(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    WriteSorted(writer, item);
                }

                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }
}
