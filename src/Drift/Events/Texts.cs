using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>What JSON values say as text. Falco sends everything as text, the clouds themselves do not.</summary>
internal static class Texts
{
    /// <summary>The text of a scalar, unwrapped from <c>{"value": …}</c> and <c>{"content": …}</c>; null for anything else.</summary>
    public static string? Of(JsonElement value)
    {
        switch (Unwrap(value))
        {
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString();
            case { ValueKind: JsonValueKind.Number } number:
                return number.GetRawText();
            case { ValueKind: JsonValueKind.True }:
                return "true";
            case { ValueKind: JsonValueKind.False }:
                return "false";
            default:
                return null;
        }
    }

    /// <summary>EC2 wraps attributes as <c>{"value": x}</c>, its query protocol lists as <c>{"tag": 1, "content": x}</c>.</summary>
    public static JsonElement Unwrap(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return value;
        }

        var (count, inner) = (0, default(JsonElement));
        foreach (var property in value.EnumerateObject())
        {
            if (property.NameEquals("value"u8) || property.NameEquals("content"u8))
            {
                inner = property.Value;
            }
            else if (!property.NameEquals("tag"u8))
            {
                return value;
            }

            count++;
        }

        return count > 0 && inner.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Object or JsonValueKind.Array) ? inner : value;
    }

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>As the other, without making a text of a value that is written as nearly all are: 2026-07-23T09:40:55Z.</summary>
    public static DateTimeOffset? Time(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).EndsWith("Z\""u8) && value.TryGetDateTimeOffset(out var time) ? time : Time(Of(value));

    /// <summary>An object or a list, or the text of one; undefined when it is neither.</summary>
    public static JsonElement Document(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            return value;
        }

        return value.ValueKind == JsonValueKind.String ? Document(JsonMarshal.GetRawUtf8Value(value)) : default;
    }

    // Every alert brings two: as texts they would be written twice more.
    private static JsonElement Document(ReadOnlySpan<byte> quoted)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(quoted.Length);
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            ReadOnlySpan<byte> text = buffer.AsSpan(0, reader.CopyString(buffer));
            // Documents of IAM travel percent-encoded.
            text = text is [(byte)'%', (byte)'7', (byte)'B' or (byte)'b', ..] ? Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Encoding.UTF8.GetString(text))) : text;
            return text.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', _, ..] ? JsonElement.Parse(text) : default;
        }
        catch (JsonException)
        {
            // Falco cuts long fields off.
            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
