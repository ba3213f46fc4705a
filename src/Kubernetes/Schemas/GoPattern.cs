using System.Text;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>
/// Regular expressions of schemas, which are RE2: linear time, ASCII classes, <c>$</c> only at the very end of the text.
/// Without the translation <c>^[a-z]+$</c> would accept a trailing line feed and <c>\d</c> Arabic digits.
/// </summary>
public static class GoPattern
{
    /// <summary>Null, and the words of Go's compiler in <paramref name="problem"/>, when the pattern is invalid there.</summary>
    public static Regex? Compile(string pattern, out string problem)
    {
        problem = "";
        try
        {
            return new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException e)
        {
            problem = Explain(pattern, e);
        }
        catch (NotSupportedException)
        {
            problem = $"error parsing regexp: invalid or unsupported Perl syntax: `{Perl(pattern)}`";
        }
        return null;
    }

    private static string Translate(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                var next = pattern[++i];
                var members = next switch { 'd' => "0-9", 'w' => "A-Za-z0-9_", 's' => "\\t\\n\\f\\r ", _ => null };
                text.Append(members is null ? $"\\{next}" : inClass ? members : $"[{members}]");
                continue;
            }
            if (c == '[' && !inClass)
            {
                inClass = true;
                text.Append(c);
                // A bracket right after the opening one is a member, not the end.
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                {
                    text.Append(pattern[++i]);
                }
                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    text.Append("\\]");
                    i++;
                }
                continue;
            }
            if (c == ']')
            {
                inClass = false;
            }
            if (c == '$' && !inClass)
            {
                text.Append("\\z");
            }
            else if (c == '(' && pattern.AsSpan(i).StartsWith("(?P<", StringComparison.Ordinal))
            {
                text.Append("(?<");
                i += 3;
            }
            else
            {
                text.Append(inClass && c == '[' ? "\\[" : c);
            }
        }
        return text.ToString();
    }

    private static string Explain(string pattern, RegexParseException e)
    {
        var what = e.Error switch
        {
            RegexParseError.UnterminatedBracket => $"missing closing ]: `{pattern[Math.Max(0, pattern.LastIndexOf('['))..]}`",
            RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{pattern}`",
            RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{pattern}`",
            RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{Quantifier(pattern)}`",
            RegexParseError.NestedQuantifiersNotParenthesized => $"invalid nested repetition operator: `{Quantifier(pattern)}`",
            RegexParseError.ReversedCharacterRange => $"invalid character class range: `{pattern}`",
            RegexParseError.UnescapedEndingBackslash => "trailing backslash at end of expression: ``",
            RegexParseError.InvalidGroupingConstruct => $"invalid or unsupported Perl syntax: `{Perl(pattern)}`",
            _ => $"invalid escape sequence: `{Escape(pattern, e.Offset)}`",
        };
        return $"error parsing regexp: {what}";
    }

    private static char Quantifier(string pattern)
    {
        var at = pattern.IndexOfAny(['*', '+', '?']);
        return at < 0 ? '*' : pattern[at];
    }

    private static string Perl(string pattern)
    {
        var at = pattern.IndexOf("(?", StringComparison.Ordinal);
        return at < 0 ? pattern : pattern.Substring(at, Math.Min(pattern.Length - at, pattern.AsSpan(at).StartsWith("(?<", StringComparison.Ordinal) ? 4 : 3));
    }

    private static string Escape(string pattern, int offset)
    {
        var at = pattern.LastIndexOf('\\', Math.Min(Math.Max(0, offset - 1), pattern.Length - 1));
        return at < 0 ? pattern : pattern.Substring(at, Math.Min(2, pattern.Length - at));
    }
}
