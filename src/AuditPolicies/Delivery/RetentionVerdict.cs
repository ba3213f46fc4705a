using System.Globalization;
using System.Text;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>
/// Whether VictoriaLogs keeps events as long as was asked. It tells its own flags on its <c>/metrics</c> page, as
/// <c>flag{name="retentionPeriod", value="7d", is_set="true"} 1</c>. The front of a cluster of servers does not know the flag of its storage nodes.
/// </summary>
public static class RetentionVerdict
{
    public const string LongEnough = "LongEnough";
    public const string TooShort = "TooShort";
    public const string NotReadable = "NotReadable";

    /// <param name="asked">Days.</param>
    /// <param name="kept">What <see cref="Read"/> found; null when it found nothing.</param>
    public static Verdict Of(int asked, TimeSpan? kept) =>
        kept is not { } found ? Verdict.Unknown(NotReadable, "the server does not tell its retention: compare -retentionPeriod of VictoriaLogs (of its storage nodes, in a cluster) with spec.delivery.retentionDays")
        : found >= TimeSpan.FromDays(asked) ? Verdict.True(LongEnough, $"events are kept {Days(found)}, {asked} are asked for")
        : Verdict.False(TooShort, $"events are kept {Days(found)}, {asked} are asked for: raise -retentionPeriod of VictoriaLogs, which is one for all it stores, or give audit events a VictoriaLogs of their own");

    /// <summary>The retention from a page of metrics, or null.</summary>
    public static TimeSpan? Read(ReadOnlySpan<byte> page)
    {
        const string Start = "flag{name=\"retentionPeriod\", value=\"";
        var text = Encoding.UTF8.GetString(page);
        var at = text.IndexOf(Start, StringComparison.Ordinal);
        if (at < 0 || (at > 0 && text[at - 1] != '\n'))
        {
            return null;
        }

        var value = text.AsSpan(at + Start.Length);
        var end = value.IndexOf('"');
        return end < 0 ? null : Duration(value[..end]);
    }

    // As VictoriaMetrics' own flags read: a number alone counts months of 31 days.
    private static TimeSpan? Duration(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return null;
        }

        var days = text[^1] switch
        {
            'h' => 1 / 24.0,
            'd' => 1,
            'w' => 7,
            'M' => 31,
            'y' => 365,
            >= '0' and <= '9' => 31,
            _ => 0.0,
        };
        var digits = char.IsAsciiDigit(text[^1]) ? text : text[..^1];
        return days > 0 && double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * days is > 0 and < 1_000_000
            ? TimeSpan.FromDays(number * days)
            : null;
    }

    private static string Days(TimeSpan span) => span.TotalDays.ToString("0.#", CultureInfo.InvariantCulture) is "1" ? "1 day" : span.TotalDays.ToString("0.# days", CultureInfo.InvariantCulture);
}
