using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>The formats that the server enforces. Any other format is documentation and is ignored.</summary>
public static partial class Formats
{
    private static readonly HashSet<string> _numeric = ["int32", "int64", "uint32", "uint64", "float", "double", "float32", "float64"];

    private static readonly Dictionary<string, Func<string, bool>> _text = new(StringComparer.Ordinal)
    {
        ["date-time"] = text => DateTimePattern().IsMatch(text) && IsDate(text[..10]),
        ["date"] = text => DatePattern().IsMatch(text) && IsDate(text),
        ["duration"] = IsDuration,
        ["ipv4"] = text => text.Count(c => c == '.') == 3 && IPAddress.TryParse(text, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork,
        ["ipv6"] = text => !text.Contains('%', StringComparison.Ordinal) && IPAddress.TryParse(text, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6,
        ["cidr"] = IsCidr,
        ["mac"] = text => MacPattern().IsMatch(text),
        ["uri"] = text => Uri.TryCreate(text, UriKind.Absolute, out _) || (text.StartsWith('/') && Uri.TryCreate(text, UriKind.Relative, out _)),
        ["email"] = text => EmailPattern().IsMatch(text),
        ["hostname"] = text => text.Length <= 255 && HostnamePattern().IsMatch(text),
        ["uuid"] = text => UuidPattern().IsMatch(text),
        ["uuid3"] = text => UuidPattern().IsMatch(text) && VersionOf(text) == '3',
        ["uuid4"] = text => UuidPattern().IsMatch(text) && VersionOf(text) == '4',
        ["uuid5"] = text => UuidPattern().IsMatch(text) && VersionOf(text) == '5',
        ["byte"] = text => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        ["bsonobjectid"] = text => HexIdPattern().IsMatch(text),
        ["hexcolor"] = text => HexColorPattern().IsMatch(text),
        ["rgbcolor"] = text => RgbColorPattern().IsMatch(text),
        ["ssn"] = text => SsnPattern().IsMatch(text),
        ["isbn"] = text => IsIsbn10(text) || IsIsbn13(text),
        ["isbn10"] = IsIsbn10,
        ["isbn13"] = IsIsbn13,
        ["creditcard"] = IsCreditCard,
        ["password"] = _ => true,
        ["k8s-short-name"] = text => text.Length <= 63 && LabelPattern().IsMatch(text),
        ["k8s-long-name"] = text => text.Length <= 253 && SubdomainPattern().IsMatch(text),
    };

    /// <summary>The schema's format if the server knows it, else null.</summary>
    public static string? Known(Schema schema) =>
        schema.Format is { } format && (_numeric.Contains(format) || _text.ContainsKey(format)) ? format : null;

    /// <summary>True when <paramref name="text"/> has the format; formats of numbers say nothing about text.</summary>
    public static bool Matches(string format, string text) => !_text.TryGetValue(format, out var matches) || matches(text);

    private static bool IsDate(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>Go's durations (1h30m), or a count and a word (3 days).</summary>
    private static bool IsDuration(string text) => text == "0" || DurationPattern().IsMatch(text) || DurationWordsPattern().IsMatch(text);

    private static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && IPAddress.TryParse(text.AsSpan(0, slash), out var ip)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= (ip.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    private static char VersionOf(string uuid) => uuid.Replace("-", "", StringComparison.Ordinal)[12];

    private static bool IsIsbn10(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length != 10 || !digits[..9].All(char.IsAsciiDigit) || !(char.IsAsciiDigit(digits[9]) || digits[9] == 'X'))
        {
            return false;
        }
        var sum = digits.Select((c, i) => (c == 'X' ? 10 : c - '0') * (10 - i)).Sum();
        return sum % 11 == 0;
    }

    private static bool IsIsbn13(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == 13 && digits.All(char.IsAsciiDigit) && digits.Select((c, i) => (c - '0') * (i % 2 == 0 ? 1 : 3)).Sum() % 10 == 0;
    }

    private static bool IsCreditCard(string text)
    {
        var digits = text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length is < 13 or > 19 || !digits.All(char.IsAsciiDigit))
        {
            return false;
        }
        var sum = digits.Reverse().Select((c, i) => i % 2 == 0 ? c - '0' : (c - '0') * 2 is var doubled && doubled > 9 ? doubled - 9 : (c - '0') * 2).Sum();
        return sum % 10 == 0;
    }

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:?[0-9]{2})\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DateTimePattern();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DatePattern();

    [GeneratedRegex("^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DurationPattern();

    [GeneratedRegex("^[0-9]+\\s*(ns|nano(s|second|seconds)?|us|µs|micro(s|second|seconds)?|ms|milli(s|second|seconds)?|s|sec(s|ond|onds)?|m|min(s|ute|utes)?|h|hr(s)?|hour(s)?|d|day(s)?|w|wk(s)?|week(s)?)\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DurationWordsPattern();

    [GeneratedRegex("^([0-9A-Fa-f]{2}(?<separator>[:-])[0-9A-Fa-f]{2}(\\k<separator>[0-9A-Fa-f]{2}){4}|([0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4})\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MacPattern();

    [GeneratedRegex("^[^@\\s<>]+@[^@\\s<>]+\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmailPattern();

    [GeneratedRegex("^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostnamePattern();

    [GeneratedRegex("^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UuidPattern();

    [GeneratedRegex("^[0-9a-fA-F]{24}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HexIdPattern();

    [GeneratedRegex("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HexColorPattern();

    [GeneratedRegex("^rgb\\(\\s*(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\s*,\\s*(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\s*,\\s*(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\s*\\)\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RgbColorPattern();

    [GeneratedRegex("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SsnPattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SubdomainPattern();
}
