using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// Durations as Go and Kubernetes write them: <c>1h30m</c>, <c>500ms</c>, <c>1.5s</c>. Units: ns, us, µs, ms, s, m, h.
/// Fractions below 100 ns are cut off.
/// </summary>
public static class GoDuration
{
    /// <summary>Nanoseconds fit 64 bits in Go; the same bound is kept here so that no value is written that others cannot read.</summary>
    private const decimal LongestNanoseconds = long.MaxValue;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static TimeSpan Parse(string text) => TryParse(text, out var value, out var error) ? value : throw new FormatException(error);

    public static bool TryParse(string text, out TimeSpan value, [NotNullWhen(false)] out string? error)
    {
        value = default;
        error = null;
        var rest = text.AsSpan();
        var negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (rest.Length == 0)
        {
            error = $"\"{text}\" is not a duration: write a number with a unit, such as 30s, 10m or 1h30m";
            return false;
        }

        if (rest is "0")
        {
            return true;
        }

        var nanoseconds = 0m;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            if (number.Length is 0 or > 28
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                error = $"\"{text}\" is not a duration: a number is expected at \"{rest}\"";
                return false;
            }

            rest = rest[number.Length..];
            var end = rest.IndexOfAny(NumberCharacters);
            var unit = end < 0 ? rest : rest[..end];
            if (unit.Length == 0)
            {
                error = $"\"{text}\" is not a duration: the unit is missing after {number} (ns, us, ms, s, m or h)";
                return false;
            }

            if (NanosecondsIn(unit) is not { } scale)
            {
                error = $"\"{text}\" is not a duration: unknown unit \"{unit}\" (use ns, us, ms, s, m or h)";
                return false;
            }

            if (amount > LongestNanoseconds / scale || (nanoseconds += amount * scale) > LongestNanoseconds)
            {
                error = $"\"{text}\" is not a duration: longer than about 292 years";
                return false;
            }

            rest = rest[unit.Length..];
        }

        var ticks = (long)(nanoseconds / 100);
        value = new TimeSpan(negative ? -ticks : ticks);
        return true;
    }

    /// <summary>As Go prints it: <c>1h30m0s</c>, <c>1.5s</c>, <c>500ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder(value < TimeSpan.Zero ? "-" : "");
        var ticks = (decimal)value.Ticks;
        ticks = Math.Abs(ticks);
        if (ticks < TimeSpan.TicksPerMillisecond)
        {
            return text.Append((ticks / TimeSpan.TicksPerMicrosecond).ToString("0.#", CultureInfo.InvariantCulture)).Append("µs").ToString();
        }

        if (ticks < TimeSpan.TicksPerSecond)
        {
            return text.Append((ticks / TimeSpan.TicksPerMillisecond).ToString("0.####", CultureInfo.InvariantCulture)).Append("ms").ToString();
        }

        var hours = Math.Floor(ticks / TimeSpan.TicksPerHour);
        var minutes = Math.Floor(ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute);
        if (hours > 0)
        {
            text.Append(hours.ToString("0", CultureInfo.InvariantCulture)).Append('h');
        }

        if (hours > 0 || minutes > 0)
        {
            text.Append(minutes.ToString("0", CultureInfo.InvariantCulture)).Append('m');
        }

        var seconds = ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond;
        return text.Append(seconds.ToString("0.#######", CultureInfo.InvariantCulture)).Append('s').ToString();
    }

    private static decimal? NanosecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1m,
        "us" or "µs" or "μs" => 1_000m,
        "ms" => 1_000_000m,
        "s" => 1_000_000_000m,
        "m" => 60_000_000_000m,
        "h" => 3_600_000_000_000m,
        _ => null,
    };
}
