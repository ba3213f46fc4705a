using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Storage;

/// <summary>An object in the form of one served version, with its JSON encoded at most once however many clients read it.</summary>
internal sealed class ServedObject(ServedResource resource, JsonObject content)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private byte[]? _json;
    private byte[]? _itemJson;

    public ServedResource Resource { get; } = resource;

    /// <summary>Read only.</summary>
    public JsonObject Content { get; } = content;

    /// <summary>UTF-8 JSON. Two threads may both encode it the first time; the result is the same.</summary>
    public ReadOnlyMemory<byte> Json => _json ??= Encode(Content);

    /// <summary>As an item of a list: built-in kinds leave kind and apiVersion to the list.</summary>
    public ReadOnlyMemory<byte> ItemJson => _itemJson ??= Resource.IsCustom ? (_json ??= Encode(Content)) : EncodeWithoutType();

    private byte[] EncodeWithoutType()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in Content)
            {
                if (name is "kind" or "apiVersion")
                {
                    continue;
                }
                writer.WritePropertyName(name);
                if (value is null)
                {
                    writer.WriteNullValue();
                }
                else
                {
                    value.WriteTo(writer);
                }
            }
            writer.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Encode(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            if (node is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                node.WriteTo(writer);
            }
        }
        return buffer.WrittenSpan.ToArray();
    }
}
