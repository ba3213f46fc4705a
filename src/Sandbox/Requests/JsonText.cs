using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>
/// Reads JSON into nodes that hold their values themselves. <see cref="JsonNode.Parse(string, JsonNodeOptions?, JsonDocumentOptions)"/>
/// makes nodes that fill themselves on first use, which must not happen to objects that many threads read.
/// </summary>
internal static class JsonText
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 256 };

    public static JsonNode? Parse(string json) => Parse(Encoding.UTF8.GetBytes(json), duplicates: null);

    /// <summary>Reads one value. The last of two equal keys wins, as in Go; the path of each such key is added to <paramref name="duplicates"/>.</summary>
    /// <exception cref="JsonException">Malformed; <see cref="GoJsonSyntax"/> knows the server's words for it.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, List<string>? duplicates)
    {
        var reader = new Utf8JsonReader(json, ReaderOptions);
        reader.Read();
        var value = ReadValue(ref reader, "", duplicates);
        if (reader.Read())
        {
            throw new JsonException("A second value follows the first.");
        }
        return value;
    }

    private static JsonNode? ReadValue(ref Utf8JsonReader reader, string path, List<string>? duplicates) => reader.TokenType switch
    {
        JsonTokenType.StartObject => ReadObject(ref reader, path, duplicates),
        JsonTokenType.StartArray => ReadArray(ref reader, path, duplicates),
        JsonTokenType.String => JsonValue.Create(reader.GetString()),
        JsonTokenType.Number => reader.TryGetInt64(out var whole) ? JsonValue.Create(whole) : JsonValue.Create(reader.GetDouble()),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        _ => null,
    };

    private static JsonObject ReadObject(ref Utf8JsonReader reader, string path, List<string>? duplicates)
    {
        var result = new JsonObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            var child = duplicates is null ? "" : path.Length == 0 ? key : $"{path}.{key}";
            reader.Read();
            var value = ReadValue(ref reader, child, duplicates);
            if (!result.TryAdd(key, value))
            {
                duplicates?.Add(child);
                result[key] = value;
            }
        }
        return result;
    }

    private static JsonArray ReadArray(ref Utf8JsonReader reader, string path, List<string>? duplicates)
    {
        var result = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            result.Add(ReadValue(ref reader, duplicates is null ? "" : $"{path}[{result.Count}]", duplicates));
        }
        return result;
    }
}
