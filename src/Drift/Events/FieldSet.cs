using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// The <c>output_fields</c> of an alert. Names are read without regard to case: plugins and rules do not agree on it. They are looked up
/// where they lie; an alert has a dozen, and a table of them would cost more than it saves.
/// </summary>
internal sealed class FieldSet(JsonElement fields)
{
    public JsonElement this[string name] => this["", name];

    /// <summary>The field of a name in two parts.</summary>
    public JsonElement this[ReadOnlySpan<char> prefix, ReadOnlySpan<char> name]
    {
        get
        {
            if (fields.ValueKind == JsonValueKind.Object)
            {
                foreach (var field in fields.EnumerateObject())
                {
                    if (field.IsNamed(prefix, name) && field.Value.ValueKind != JsonValueKind.Null)
                    {
                        return field.Value;
                    }
                }
            }

            return default;
        }
    }

    /// <summary>The first of several names that has a text; null when none has. Falco writes a field without a value as <c>&lt;NA&gt;</c>.</summary>
    public string? Text(string name, string? otherwise = null) => TextOf("", name) ?? (otherwise is null ? null : TextOf("", otherwise));

    public string? TextOf(ReadOnlySpan<char> prefix, ReadOnlySpan<char> name) => Texts.Of(this[prefix, name]) is { Length: > 0 } text && text != "<NA>" ? text : null;

    public DateTimeOffset? Time(string name) => Texts.Time(Text(name));

    /// <summary>A document, whether the field holds it or its text; undefined when it is neither.</summary>
    public JsonElement Document(string name) => Texts.Document(this[name]);
}
