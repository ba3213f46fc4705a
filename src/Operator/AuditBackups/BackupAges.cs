using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>How old is too old. Pure.</summary>
internal static class BackupAges
{
    /// <summary>
    /// How long it may take from one run to the next: the longer of what is left until the next, and that one's own interval. Of a schedule on
    /// weekdays it is three days on Friday, or every weekend would raise an alarm.
    /// </summary>
    public static TimeSpan ExpectedInterval(Timetable timetable, DateTimeOffset since)
    {
        var next = timetable.NextAfter(since);
        var (left, interval) = (next - since, timetable.NextAfter(next) - next);
        return left > interval ? left : interval;
    }

    /// <summary>From when on something of <paramref name="since"/> is stale.</summary>
    public static DateTimeOffset StaleAt(Timetable timetable, DateTimeOffset since, int stalePercent) => since + (ExpectedInterval(timetable, since) * (stalePercent / 100.0));
}
