using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>The <c>output_fields</c> of an alert. Names are read without regard to case: plugins and rules do not agree on it.</summary>
internal sealed class FieldSet
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.OrdinalIgnoreCase);

    public FieldSet(JsonElement fields)
    {
        if (fields.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var field in fields.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.Null)
            {
                _fields.TryAdd(field.Name, field.Value);
            }
        }
    }

    public JsonElement this[string name] => _fields.GetValueOrDefault(name);

    /// <summary>The first of several names that has a text; null when none has. Falco writes a field without a value as <c>&lt;NA&gt;</c>.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Texts.Of(this[name]) is { Length: > 0 } text && text != "<NA>")
            {
                return text;
            }
        }

        return null;
    }

    public DateTimeOffset? Time(string name) => Texts.Time(Text(name));

    /// <summary>A document, whether the field holds it or its text; undefined when it is neither.</summary>
    public JsonElement Document(string name) => Texts.Document(this[name]);
}
