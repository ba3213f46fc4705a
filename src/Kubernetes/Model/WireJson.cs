using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Model;

/// <summary>Trees as they are sent. Rendered files are texts full of quotes, which would take six bytes each if they were escaped as for a web page.</summary>
internal static class WireJson
{
    /// <summary>A tree is well-formed by itself; to have the writer check it again costs a tenth of the writing.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Bytes. What a thread keeps for the next body; a larger one is left to the collector.</summary>
    private const int LargestKept = 1 << 20;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? scratch;

    public static byte[] Write(JsonNode body)
    {
        var buffer = scratch ??= new ArrayBufferWriter<byte>(32 * 1024);
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            body.WriteTo(writer);
        }

        scratch = buffer.Capacity <= LargestKept ? buffer : null;
        return buffer.WrittenSpan.ToArray();
    }
}
