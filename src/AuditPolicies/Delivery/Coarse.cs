namespace Comptroller.AuditPolicies.Delivery;

/// <summary>
/// Figures in words so coarse that they rarely change: a status that tells the exact age of the last event would be written at every look.
/// A figure that has left the range which was told by less than half of it is still told as that range.
/// </summary>
internal static class Coarse
{
    private static readonly (double Below, string Words)[] Ages =
    [
        (60, "less than a minute"),
        (300, "1 to 5 minutes"),
        (900, "5 to 15 minutes"),
        (3600, "15 to 60 minutes"),
        (21_600, "1 to 6 hours"),
        (86_400, "6 to 24 hours"),
        (double.PositiveInfinity, "more than a day"),
    ];

    private static readonly (double Below, string Words)[] Rates =
    [
        (0.1, "less than 0.1 a second"),
        (1, "0.1 to 1 a second"),
        (10, "1 to 10 a second"),
        (100, "10 to 100 a second"),
        (1000, "100 to 1000 a second"),
        (10_000, "1000 to 10000 a second"),
        (double.PositiveInfinity, "more than 10000 a second"),
    ];

    public static string Age(TimeSpan age, string said) => In(Ages, age.TotalSeconds, said);

    public static string Rate(double perSecond, string said) => In(Rates, perSecond, said);

    private static string In((double Below, string Words)[] ranges, double value, string said)
    {
        for (var index = 0; index < ranges.Length; index++)
        {
            var from = index == 0 ? 0 : ranges[index - 1].Below;
            if (said.Contains($" {ranges[index].Words} ", StringComparison.Ordinal) && value >= from / 1.5 && value < ranges[index].Below * 1.5)
            {
                return ranges[index].Words;
            }
        }

        return Array.Find(ranges, range => value < range.Below).Words ?? ranges[^1].Words;
    }
}
