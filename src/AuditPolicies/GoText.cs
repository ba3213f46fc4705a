using System.Buffers;
using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies;

/// <summary>Text as Go's standard library prints it: error messages must equal the API server's, and LogsQL and templates read Go strings.</summary>
internal static class GoText
{
    // Both ways of quoting leave these alone. Alert rules quote some five thousand characters in every plan, nearly all of them plain.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create(" !#$%'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>As <c>strconv.Quote</c> (the <c>%q</c> of error messages).</summary>
    public static string Quote(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Plain))
        {
            return $"\"{value}\"";
        }

        var text = new StringBuilder(value.Length + 16).Append('"');
        Span<char> units = stackalloc char[2];
        foreach (var rune in value.EnumerateRunes())
        {
            var escape = rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\a' => "\\a",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\v' => "\\v",
                < ' ' or 0x7f => $"\\x{rune.Value:x2}",
                < 0x7f => null,
                _ when IsPrint(rune) => null,
                < 0x10000 => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            };
            _ = escape is null ? text.Append(units[..rune.EncodeToUtf16(units)]) : text.Append(escape);
        }

        return text.Append('"').ToString();
    }

    /// <summary>As <c>json.Marshal</c> of a string: HTML characters are escaped too.</summary>
    public static string Json(string value)
    {
        if (!value.AsSpan().ContainsAnyExcept(Plain))
        {
            return $"\"{value}\"";
        }

        var text = new StringBuilder(value.Length + 16).Append('"');
        foreach (var character in value)
        {
            var escape = character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => $"\\u{(int)character:x4}",
                _ => null,
            };
            _ = escape is null ? text.Append(character) : text.Append(escape);
        }

        return text.Append('"').ToString();
    }

    /// <summary>As <c>json.Marshal</c> of a list of strings.</summary>
    public static string Json(IEnumerable<string> values) => $"[{string.Join(',', values.Select(Json))}]";

    private static bool IsPrint(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator);
}
