using System.Text;
using System.Text.Json;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Turns the raw bytes of JSON strings into text. Bytes that are not UTF-8 become U+FFFD.</summary>
internal static class RawText
{
    /// <param name="content">What stands between the quotes, escapes included.</param>
    /// <exception cref="JsonException">An escape is wrong.</exception>
    public static string Decode(ReadOnlySpan<byte> content)
    {
        var text = Encoding.UTF8.GetString(content);
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        return Read($"\"{text}\"", static (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("not a string"));
    }

    /// <param name="array">A JSON array of strings, or nothing.</param>
    /// <exception cref="JsonException">It is something else.</exception>
    public static string[] DecodeList(ReadOnlySpan<byte> array)
    {
        if (array.IsEmpty)
        {
            return [];
        }

        return Read(Encoding.UTF8.GetString(array), static (ref Utf8JsonReader reader) =>
        {
            var texts = new List<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                texts.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("not a list of strings"));
            }

            return texts.ToArray();
        });
    }

    private delegate T Taker<out T>(ref Utf8JsonReader reader);

    private static T Read<T>(string json, Taker<T> take)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
            reader.Read();
            return take(ref reader);
        }
        catch (InvalidOperationException e)
        {
            // A lone surrogate: valid JSON that is no text.
            throw new JsonException(e.Message, e);
        }
    }
}
