using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies;

/// <summary>Text as Go's standard library prints it: error messages must equal the API server's, and LogsQL and templates read Go strings.</summary>
internal static class GoText
{
    /// <summary>As <c>strconv.Quote</c> (the <c>%q</c> of error messages).</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
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
                _ when IsPrint(rune) => null,
                < 0x10000 => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            };
            text.Append(escape ?? rune.ToString());
        }

        return text.Append('"').ToString();
    }

    /// <summary>As <c>json.Marshal</c> of a string: HTML characters are escaped too.</summary>
    public static string Json(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
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
            text.Append(escape ?? character.ToString());
        }

        return text.Append('"').ToString();
    }

    /// <summary>As <c>json.Marshal</c> of a list of strings.</summary>
    public static string Json(IEnumerable<string> values) => $"[{string.Join(',', values.Select(Json))}]";

    private static bool IsPrint(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator);
}
