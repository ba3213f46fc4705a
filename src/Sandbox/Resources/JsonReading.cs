using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Resources;

/// <summary>Reads fields that may be absent.</summary>
internal static class JsonReading
{
    /// <summary>The string in a field; empty when it, or the object, is absent.</summary>
    public static string Text(JsonNode? parent, string field) => (string?)parent?[field] ?? "";

    /// <summary>The strings of a list; none when it is absent.</summary>
    public static string[] Texts(JsonNode? list) => [.. (list as JsonArray ?? []).Select(item => (string?)item ?? "")];

    public static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
