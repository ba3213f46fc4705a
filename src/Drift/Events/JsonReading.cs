using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>Reading of documents whose shape is not ours.</summary>
internal static class JsonReading
{
    /// <summary>A member; undefined when there is none, or when this is no object.</summary>
    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    /// <summary>Whether a property is called so, in any case. Reads the name where it lies: a name that is made a string for every look costs more than the judgement.</summary>
    public static bool IsNamed(this JsonProperty property, ReadOnlySpan<char> name) => property.IsNamed("", name);

    /// <summary>Whether a property is called so, where the name comes in two parts.</summary>
    public static bool IsNamed(this JsonProperty property, ReadOnlySpan<char> prefix, ReadOnlySpan<char> name)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (raw.Contains((byte)'\\'))
        {
            var written = property.Name.AsSpan();
            return written.Length == prefix.Length + name.Length && written.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && written.EndsWith(name, StringComparison.OrdinalIgnoreCase);
        }

        return raw.Length == prefix.Length + name.Length && Ascii.EqualsIgnoreCase(raw[..prefix.Length], prefix) && Ascii.EqualsIgnoreCase(raw[prefix.Length..], name);
    }

    /// <summary>The text of a member; empty when there is none.</summary>
    public static string Text(this JsonElement element, string name) => Texts.Of(element.Member(name)) ?? "";
}
