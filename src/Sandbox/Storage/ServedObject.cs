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

    public ServedResource Resource { get; } = resource;

    /// <summary>Read only.</summary>
    public JsonObject Content { get; } = content;

    /// <summary>UTF-8 JSON. Two threads may both encode it the first time; the result is the same.</summary>
    public ReadOnlyMemory<byte> Json => _json ??= Encode(Content);

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
