using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tables;

/// <summary>Durations as kubectl shows them: two units while small, one when large.</summary>
internal static class Ages
{
    /// <param name="time">An RFC 3339 time; null is <c>&lt;unknown&gt;</c>, an unreadable one <c>&lt;invalid&gt;</c>.</param>
    public static string Since(JsonNode? time, DateTimeOffset now) =>
        (string?)time is not { } text ? "<unknown>"
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then) ? Of(now - then)
        : "<invalid>";

    public static string Of(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        var (minutes, hours) = (seconds / 60, seconds / 3600);
        var (days, years) = (hours / 24, hours / 24 / 365);
        return seconds switch
        {
            // Clocks that differ a little must not make fresh objects look broken.
            < -1 => "<invalid>",
            < 0 => "0s",
            < 120 => $"{seconds}s",
            _ when minutes < 10 => Two(minutes, "m", seconds % 60, "s"),
            _ when minutes < 180 => $"{minutes}m",
            _ when hours < 8 => Two(hours, "h", minutes % 60, "m"),
            _ when hours < 48 => $"{hours}h",
            _ when days < 8 => Two(days, "d", hours % 24, "h"),
            _ when years < 2 => $"{days}d",
            _ when years < 8 => Two(years, "y", days % 365, "d"),
            _ => $"{years}y",
        };
    }

    private static string Two(long large, string largeUnit, long small, string smallUnit) =>
        small == 0 ? $"{large}{largeUnit}" : $"{large}{largeUnit}{small}{smallUnit}";
}
