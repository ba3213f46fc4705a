using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// SHA-256 over the canonical form of a JSON object: property names in ordinal order, no white space. Two intents that differ in
/// nothing but the order of their properties have one hash (rule W3).
/// </summary>
public static class IntentHash
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    /// <summary>The hash in lower-case hexadecimal.</summary>
    /// <param name="intent">What is applied.</param>
    /// <param name="salt">What else decides what is applied, such as the owner's uid.</param>
    public static string Of(JsonObject intent, string salt = "")
    {
        buffer ??= new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Options))
        {
            Write(writer, intent);
        }

        Encoding.UTF8.GetBytes(salt, buffer);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.WrittenSpan, hash);
        return Convert.ToHexStringLower(hash);
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                writer.WriteStartObject();
                var names = ArrayPool<string>.Shared.Rent(map.Count);
                var count = 0;
                foreach (var (name, _) in map)
                {
                    names[count++] = name;
                }

                Array.Sort(names, 0, count, StringComparer.Ordinal);
                for (var i = 0; i < count; i++)
                {
                    writer.WritePropertyName(names[i]);
                    Write(writer, map[names[i]]);
                }

                ArrayPool<string>.Shared.Return(names, clearArray: true);
                writer.WriteEndObject();
                break;
            case JsonArray list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    Write(writer, item);
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
