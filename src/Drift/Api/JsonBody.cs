using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Comptroller.Drift.Api;

/// <summary>Writes JSON by hand: no reflection, no object of its own for an answer.</summary>
internal static class JsonBody
{
    // What is written is served as JSON with nosniff, never put into a page; quotes and letters stay readable.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions ForPeople = Readable with { Indented = true, NewLine = "\n" };

    public static byte[] Bytes(Action<Utf8JsonWriter> write) => Bytes(write, Readable);

    public static byte[] Indented(Action<Utf8JsonWriter> write) => [.. Bytes(write, ForPeople), (byte)'\n'];

    public static string Text(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(Bytes(write));

    private static byte[] Bytes(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            write(json);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
