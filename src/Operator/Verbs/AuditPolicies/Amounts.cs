using System.Globalization;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>Numbers as people read them; units are decimal, as disks are sold.</summary>
internal static class Amounts
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    public static string Bytes(double bytes)
    {
        var (value, unit) = (Math.Abs(bytes), 0);
        while (value >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        var text = value.ToString(unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
        return $"{(bytes < 0 ? "-" : "")}{text} {Units[unit]}";
    }

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <param name="count">How many.</param>
    /// <param name="noun">One of them.</param>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    public static string Percent(double part, double whole) => whole == 0 ? "0 %" : (part / whole * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    public static string Duration(TimeSpan duration) =>
        duration.TotalHours >= 48 ? $"{duration.TotalDays.ToString("0.#", CultureInfo.InvariantCulture)} days"
        : duration.TotalMinutes >= 100 ? $"{duration.TotalHours.ToString("0.0", CultureInfo.InvariantCulture)} hours"
        : duration.TotalSeconds >= 100 ? $"{duration.TotalMinutes.ToString("0", CultureInfo.InvariantCulture)} minutes"
        : $"{duration.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} seconds";
}
