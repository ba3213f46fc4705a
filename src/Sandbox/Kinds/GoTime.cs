using System.Globalization;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Times as Go's <c>metav1.Time</c> and <c>metav1.MicroTime</c> read and write them, with the words of Go's parser for what does not fit.</summary>
internal static class GoTime
{
    private static readonly string[] Seconds = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", "Z07:00"];
    private static readonly string[] Micros = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05", ".000000", "Z07:00"];

    /// <summary>Null and the time in UTC as Go writes it, or the error.</summary>
    public static string? Normalize(string text, bool micro, out string written)
    {
        var layout = micro ? Micros : Seconds;
        written = text;
        var rest = text.AsSpan();
        Span<int> parts = stackalloc int[6];
        var part = 0;
        long ticks = 0;
        var offset = TimeSpan.Zero;
        foreach (var element in layout)
        {
            var ok = element switch
            {
                "2006" => TakeNumber(ref rest, 4, out parts[part++]),
                "01" or "02" or "15" or "04" or "05" => TakeNumber(ref rest, 2, out parts[part++]),
                ".000000" => TakeMicros(ref rest, out ticks),
                "Z07:00" => TakeZone(ref rest, out offset),
                _ => TakeLiteral(ref rest, element),
            };
            if (!ok)
            {
                return $"parsing time {Quoted(text)} as {Quoted(string.Concat(layout))}: cannot parse {Quoted(rest.ToString())} as {Quoted(element)}";
            }
            if (element == "05" && !micro)
            {
                TakeFraction(ref rest);
            }
        }
        if (rest.Length > 0)
        {
            return $"parsing time {Quoted(text)}: extra text: {Quoted(rest.ToString())}";
        }
        if (OutOfRange(parts) is { } what)
        {
            return $"parsing time {Quoted(text)}: {what} out of range";
        }
        var time = new DateTimeOffset(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], TimeSpan.Zero).AddTicks(ticks) - offset;
        written = Write(time, micro);
        return null;
    }

    private static string Write(DateTimeOffset time, bool micro) =>
        time.UtcDateTime.ToString(micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Quoted(string text) => $"\"{text}\"";

    private static string? OutOfRange(ReadOnlySpan<int> parts) =>
        parts[1] is < 1 or > 12 ? "month"
        : parts[0] < 1 || parts[2] < 1 || parts[2] > DateTime.DaysInMonth(parts[0], parts[1]) ? "day"
        : parts[3] > 23 ? "hour"
        : parts[4] > 59 ? "minute"
        : parts[5] > 59 ? "second"
        : null;

    private static bool TakeNumber(ref ReadOnlySpan<char> rest, int digits, out int number)
    {
        number = 0;
        if (rest.Length < digits || rest[..digits].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        number = int.Parse(rest[..digits], CultureInfo.InvariantCulture);
        rest = rest[digits..];
        return true;
    }

    private static bool TakeLiteral(ref ReadOnlySpan<char> rest, string literal)
    {
        if (!rest.StartsWith(literal, StringComparison.Ordinal))
        {
            return false;
        }
        rest = rest[literal.Length..];
        return true;
    }

    private static bool TakeMicros(ref ReadOnlySpan<char> rest, out long ticks)
    {
        ticks = 0;
        if (rest.Length < 7 || rest[0] is not ('.' or ',') || rest[1..7].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        ticks = int.Parse(rest[1..7], CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond;
        rest = rest[7..];
        return true;
    }

    /// <summary>Go accepts a fraction where the layout has none, and drops it.</summary>
    private static void TakeFraction(ref ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] is not ('.' or ',') || !char.IsAsciiDigit(rest[1]))
        {
            return;
        }
        var end = rest[1..].IndexOfAnyExceptInRange('0', '9');
        rest = end < 0 ? [] : rest[(end + 1)..];
    }

    private static bool TakeZone(ref ReadOnlySpan<char> rest, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (rest.Length > 0 && rest[0] == 'Z')
        {
            rest = rest[1..];
            return true;
        }
        if (rest.Length < 6 || rest[0] is not ('+' or '-') || rest[3] != ':'
            || rest[1..3].ContainsAnyExceptInRange('0', '9') || rest[4..6].ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }
        offset = new TimeSpan(int.Parse(rest[1..3], CultureInfo.InvariantCulture), int.Parse(rest[4..6], CultureInfo.InvariantCulture), 0);
        offset = rest[0] == '-' ? -offset : offset;
        rest = rest[6..];
        return true;
    }
}
