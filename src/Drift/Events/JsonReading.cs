using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>Reading of documents whose shape is not ours.</summary>
internal static class JsonReading
{
    /// <summary>A member; undefined when there is none, or when this is no object.</summary>
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    /// <summary>The text of a member; empty when there is none.</summary>
    public static string Text(this JsonElement element, string name) => Texts.Of(element.Member(name)) ?? "";
}
