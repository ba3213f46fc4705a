using System.Buffers;
using System.Globalization;
using System.Text;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>How a string must be written so that it is read back as the same string.</summary>
internal static class YamlText
{
    /// <summary>Characters; a reader looks no further than 1024 for the colon behind a key.</summary>
    public const int LongestSimpleKey = 1000;

    private static readonly SearchValues<char> Indicators = SearchValues.Create("-?:,[]{}#&*!|>'\"%@`=~");

    /// <summary>True when the string may stand without quotes. Times may not: YAML 1.1 readers make dates of them, so the API server quotes them too.</summary>
    public static bool IsPlain(string text)
    {
        if (text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text[^1] == ':' || text is "<<" || !IsPrintable(text))
        {
            return false;
        }

        var startsLikeNumber = text[0] == '-' && text.Length > 1 && text[1] is not (' ' or '-');
        if (Indicators.Contains(text[0]) && !startsLikeNumber)
        {
            return false;
        }

        return !text.Contains(": ", StringComparison.Ordinal)
            && !text.Contains(" #", StringComparison.Ordinal)
            && !text.StartsWith("...", StringComparison.Ordinal)
            && YamlScalars.Resolve(text).Kind == YamlScalars.Kind.String
            && !YamlScalars.LooksLikeBase60(text)
            && !LooksLikeTime(text);
    }

    /// <summary>A date, with or without a time of day, as YAML 1.1 writes them.</summary>
    private static bool LooksLikeTime(string text) =>
        text.Length >= 8 && text[4] == '-' && text.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>True when the string has lines that a literal block can hold without white space at a line's end.</summary>
    public static bool IsLiteral(string text)
    {
        if (!text.Contains('\n', StringComparison.Ordinal))
        {
            return false;
        }

        var first = true;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range);
            if (line.Length == 0)
            {
                continue;
            }

            // White space at the start of the first line would be taken for indentation.
            if ((first && char.IsWhiteSpace(line[0])) || char.IsWhiteSpace(line[^1]) || !IsPrintable(line, tabs: true))
            {
                return false;
            }

            first = false;
        }

        return !first;
    }

    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                _ when IsPrintable(c) => quoted.Append(c),
                _ => quoted.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture)),
            };
        }

        return quoted.Append('"').ToString();
    }

    // Nearly all text is plain ASCII, which one vectorised look settles.
    private static bool IsPrintable(ReadOnlySpan<char> text, bool tabs = false)
    {
        while (text.IndexOfAnyExceptInRange(' ', '~') is var index and >= 0)
        {
            if (!(IsPrintable(text[index]) || (tabs && text[index] == '\t')))
            {
                return false;
            }

            text = text[(index + 1)..];
        }

        return true;
    }

    /// <summary>Not: control characters, line breaks of any kind, the byte order mark, and what Unicode says is no character.</summary>
    private static bool IsPrintable(char c) =>
        c is (>= ' ' and <= '~') or (>= '\u00A0' and not ('\u2028' or '\u2029' or '\uFEFF' or '\uFFFE' or '\uFFFF'));
}
