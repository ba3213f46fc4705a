namespace Comptroller.Falcon.Scheduling;

/// <summary>
/// A cron expression: minute, hour, day of month, month, day of week (0 and 7 are Sunday), or a macro such as <c>@daily</c>. The two
/// days are alternatives unless one of them starts with <c>*</c>, as in crontab. The controller of CronJobs has other rules for that, and for
/// clock changes.
/// </summary>
public sealed class CronSchedule
{
    // 29 February is eight years away when a century year is skipped.
    private const int MostDays = 9 * 366;

    private const ulong EveryHour = (1UL << 24) - 1;

    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private readonly CronField _minute;
    private readonly CronField _hour;
    private readonly CronField _day;
    private readonly CronField _month;
    private readonly CronField _weekday;
    private readonly bool _firesEveryHour;

    private CronSchedule(string text, string[] fields)
    {
        Text = text;
        _minute = CronField.Parse(fields[0], "minute", 0, 59);
        _hour = CronField.Parse(fields[1], "hour", 0, 23);
        _firesEveryHour = _hour.Bits == EveryHour;
        _day = CronField.Parse(fields[2], "day of month", 1, 31);
        _month = CronField.Parse(fields[3], "month", 1, 12, Months);
        var weekday = CronField.Parse(fields[4], "day of week", 0, 7, Days);
        _weekday = weekday.Contains(7) ? weekday with { Bits = weekday.Bits | 1 } : weekday;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">It is no cron expression, or one that never fires.</exception>
    public static CronSchedule Parse(string text)
    {
        var fields = (text.Trim().ToLowerInvariant() switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => text,
        }).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            throw new FormatException($"\"{text}\" is not a cron expression: write minute, hour, day of month, month and day of week, or @hourly, @daily, @weekly, @monthly, @yearly");
        }

        var schedule = new CronSchedule(text, fields);
        return schedule.NextLocal(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Unspecified)) is not null ? schedule
            : throw new FormatException($"\"{text}\" never fires: no such date exists");
    }

    /// <summary>The first firing after an instant.</summary>
    /// <param name="after">Not included.</param>
    /// <param name="zone">The clock that the expression is about.</param>
    /// <remarks>
    /// A time that the clock skips fires when the gap ends. A time that the clock shows twice fires once, unless the expression fires
    /// every hour: then both hours count.
    /// </remarks>
    public DateTimeOffset Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(after, zone);
        for (var time = NextLocal(local.DateTime)!.Value; ; time = NextLocal(time)!.Value)
        {
            var next = At(time, zone);
            if (next > after)
            {
                return Repeated(local, zone) is { } repeated && repeated < next ? repeated : next;
            }

            // The clock shows the hour for the second time: the first one has had its firing.
            if (_firesEveryHour && Second(time, zone) is { } second && second > after)
            {
                return second;
            }
        }
    }

    /// <summary>The last firing at or before an instant; null when it lies more than nine years back.</summary>
    public DateTimeOffset? Previous(DateTimeOffset at, TimeZoneInfo zone)
    {
        // Firings are at least a minute apart, so that doubling the distance finds one in a few steps.
        for (var distance = TimeSpan.FromMinutes(2); distance.TotalDays < MostDays; distance *= 2)
        {
            var next = Next(at - distance, zone);
            if (next <= at)
            {
                for (var following = Next(next, zone); following <= at; following = Next(next, zone))
                {
                    next = following;
                }

                return next;
            }
        }

        return null;
    }

    private static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }

    /// <summary>The first firing of the hour that comes again, for an instant in the hour before it; null elsewhere.</summary>
    private DateTimeOffset? Repeated(DateTimeOffset local, TimeZoneInfo zone)
    {
        if (!_firesEveryHour || !zone.IsAmbiguousTime(local.DateTime) || local.Offset == zone.GetAmbiguousTimeOffsets(local.DateTime).Min())
        {
            return null;
        }

        var start = new DateTime(local.Year, local.Month, local.Day, local.Hour, local.Minute, 0, DateTimeKind.Unspecified);
        while (zone.IsAmbiguousTime(start.AddMinutes(-1)))
        {
            start = start.AddMinutes(-1);
        }

        return Second(NextLocal(start.AddMinutes(-1))!.Value, zone);
    }

    private static DateTimeOffset? Second(DateTime local, TimeZoneInfo zone) =>
        zone.IsAmbiguousTime(local) ? new DateTimeOffset(local, zone.GetAmbiguousTimeOffsets(local).Min()) : null;

    private DateTime? NextLocal(DateTime after)
    {
        var start = new DateTime(after.Year, after.Month, after.Day, after.Hour, after.Minute, 0, DateTimeKind.Unspecified).AddMinutes(1);
        var day = start.Date;
        for (var i = 0; i < MostDays; i++, day = day.AddDays(1))
        {
            if (!IsDay(day))
            {
                continue;
            }

            var (hour, minute) = day == start.Date ? (start.Hour, start.Minute) : (0, 0);
            for (var h = _hour.From(hour); h >= 0; h = _hour.From(h + 1))
            {
                var m = _minute.From(h == hour ? minute : 0);
                if (m >= 0)
                {
                    return day.AddHours(h).AddMinutes(m);
                }
            }
        }

        return null;
    }

    private bool IsDay(DateTime day)
    {
        var (ofMonth, ofWeek) = (_day.Contains(day.Day), _weekday.Contains((int)day.DayOfWeek));
        return _month.Contains(day.Month) && (_day.IsAny || _weekday.IsAny ? ofMonth && ofWeek : ofMonth || ofWeek);
    }
}
