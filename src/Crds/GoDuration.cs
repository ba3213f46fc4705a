using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Comptroller.Crds;

/// <summary>
/// Durations as Go and Flux write them: one or more decimal numbers, each with a unit <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>,
/// such as <c>90s</c>, <c>1.5h</c> or <c>1h30m</c>. Signs, days and bare numbers are not durations.
/// </summary>
public static class GoDuration
{
    /// <summary>What the schema accepts.</summary>
    public const string Pattern = @"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";

    /// <summary>Longest text the schema accepts.</summary>
    public const int MaxLength = 32;

    /// <summary>Reads <paramref name="text"/>; null when it is absent, malformed or longer than a century.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
        {
            return null;
        }

        var total = 0d;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0
                || rest[0] == '.' || rest[digits - 1] == '.'
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                || Unit(rest[digits..]) is not var (seconds, length))
            {
                return null;
            }

            total += value * seconds;
            rest = rest[(digits + length)..];
        }

        return total <= MaxSeconds ? TimeSpan.FromSeconds(total) : null;
    }

    /// <summary>The duration, or <paramref name="fallback"/> when an older schema let something else through (rule D7).</summary>
    public static TimeSpan ParseOr(string? text, TimeSpan fallback) => Parse(text) ?? fallback;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");
    private const double MaxSeconds = 100d * 365 * 24 * 3600;

    [SuppressMessage("Style", "IDE0046", Justification = "A table reads better as a table.")]
    private static (double Seconds, int Length)? Unit(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("ms", StringComparison.Ordinal)) return (0.001, 2);
        if (text.StartsWith("s", StringComparison.Ordinal)) return (1, 1);
        if (text.StartsWith("m", StringComparison.Ordinal)) return (60, 1);
        if (text.StartsWith("h", StringComparison.Ordinal)) return (3600, 1);
        return null;
    }
}
