using System.Runtime.InteropServices;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// The <c>output_fields</c> of an alert. Names are read without regard to case: plugins and rules do not agree on it. Every alert is asked
/// for some thirty names, most of which it has not: length and last letter of those it has are noted once and tell nearly all apart.
/// </summary>
internal sealed class FieldSet
{
    private const int Escaped = -1;

    private readonly JsonProperty[] _fields;
    private readonly int[] _marks;

    /// <summary>Whether a rule spells out items of lists: <c>ct.request.alarmnames.0</c>. Hardly any does, and looking for such names costs.</summary>
    public bool IsIndexed { get; }

    public FieldSet(JsonElement fields)
    {
        if (fields.ValueKind != JsonValueKind.Object)
        {
            (_fields, _marks) = ([], []);
            return;
        }

        var count = fields.GetPropertyCount();
        (_fields, _marks) = (new JsonProperty[count], new int[count]);
        var at = 0;
        foreach (var field in fields.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(field);
            IsIndexed |= name.IndexOf(".0"u8) > 0;
            (_fields[at], _marks[at++]) = (field, name.Contains((byte)'\\') ? Escaped : name.IsEmpty ? 0 : Mark(name.Length, name[^1]));
        }
    }

    public JsonElement this[string name] => this["", name];

    /// <summary>The field of a name in two parts.</summary>
    public JsonElement this[ReadOnlySpan<char> prefix, ReadOnlySpan<char> name]
    {
        get
        {
            var mark = Mark(prefix.Length + name.Length, name[^1]);
            for (var at = 0; at < _marks.Length; at++)
            {
                if ((_marks[at] == mark || _marks[at] == Escaped) && _fields[at].Value.ValueKind != JsonValueKind.Null && _fields[at].IsNamed(prefix, name))
                {
                    return _fields[at].Value;
                }
            }

            return default;
        }
    }

    /// <summary>The first of several names that has a text; null when none has. Falco writes a field without a value as <c>&lt;NA&gt;</c>.</summary>
    public string? Text(string name, string? otherwise = null) => TextOf("", name) ?? (otherwise is null ? null : TextOf("", otherwise));

    public string? TextOf(ReadOnlySpan<char> prefix, ReadOnlySpan<char> name) => Texts.Of(this[prefix, name]) is { Length: > 0 } text && text != "<NA>" ? text : null;

    public DateTimeOffset? Time(string name) => Texts.Time(this[name]);

    /// <summary>A document, whether the field holds it or its text; undefined when it is neither.</summary>
    public JsonElement Document(string name) => Texts.Document(this[name]);

    // Letters of either case have one mark.
    private static int Mark(int length, int last) => (length << 16) | (last | 0x20);
}
