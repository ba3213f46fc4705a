using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>
/// What a plain (unquoted) scalar means, by the YAML 1.1 rules that Kubernetes reads with: <c>yes</c>, <c>on</c> and <c>y</c> are
/// booleans, <c>0x1f</c>, <c>0o17</c>, <c>017</c> and <c>1_000</c> are numbers, times are strings.
/// </summary>
internal static partial class YamlScalars
{
    /// <summary>What a scalar is.</summary>
    public enum Kind
    {
        String,
        Null,
        Boolean,
        Integer,
        Float,

        /// <summary><c>.inf</c> or <c>.nan</c>, which JSON cannot say.</summary>
        NotJson,
    }

    public static (Kind Kind, JsonNode? Value) Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return (Kind.Null, null);
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return (Kind.Boolean, JsonValue.Create(true));
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return (Kind.Boolean, JsonValue.Create(false));
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                return (Kind.NotJson, null);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
        {
            return (Kind.String, JsonValue.Create(text));
        }

        var plain = text[0] == '.' ? text : text.Replace("_", "", StringComparison.Ordinal);
        if (ParseInteger(plain) is { } integer)
        {
            return (Kind.Integer, integer);
        }

        if (!Float().IsMatch(plain))
        {
            return (Kind.String, JsonValue.Create(text));
        }

        var number = double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? (Kind.Float, JsonValue.Create(number)) : (Kind.NotJson, null);
    }

    /// <summary>Numbers of base 60 (<c>22:30</c>), which some readers still know and we read as strings.</summary>
    public static bool LooksLikeBase60(string text) => text.Contains(':', StringComparison.Ordinal) && Base60().IsMatch(text);

    private static JsonValue? ParseInteger(string plain)
    {
        var negative = plain.StartsWith('-');
        var digits = plain.AsSpan(negative || plain.StartsWith('+') ? 1 : 0);
        var radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            (radix, var skip) = digits[1] switch
            {
                'x' or 'X' => (16, 2),
                'o' or 'O' => (8, 2),
                'b' or 'B' => (2, 2),
                _ => (8, 1),
            };
            digits = digits[skip..];
        }

        if (digits.Length is 0 or > 64)
        {
            return null;
        }

        UInt128 value = 0;
        foreach (var digit in digits)
        {
            var amount = char.IsAsciiHexDigit(digit) ? (uint)Convert.ToInt32(digit.ToString(), 16) : uint.MaxValue;
            if (amount >= radix || (value = (value * (uint)radix) + amount) > ulong.MaxValue)
            {
                return null;
            }
        }

        if (negative)
        {
            return value <= (UInt128)long.MaxValue + 1 ? JsonValue.Create((long)-(Int128)value) : null;
        }

        return value <= long.MaxValue ? JsonValue.Create((long)value) : JsonValue.Create((ulong)value);
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Float();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Base60();
}
