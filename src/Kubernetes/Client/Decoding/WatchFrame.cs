using System.Buffers;
using System.Text.Json;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>One line of a watch: what happened, and the bytes of the object it happened to.</summary>
internal readonly record struct WatchFrame(string Type, ReadOnlySequence<byte> Object)
{
    /// <exception cref="JsonException">The line is not a watch event.</exception>
    public static WatchFrame Parse(in ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        string? type = null;
        ReadOnlySequence<byte>? value = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a watch event is an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                var start = reader.TokenStartIndex;
                reader.Skip();
                value = line.Slice(start, reader.BytesConsumed - start);
            }
            else
            {
                reader.Skip();
            }
        }

        return type is not null && value is { } bytes ? new(type, bytes) : throw new JsonException("a watch event has type and object");
    }
}
