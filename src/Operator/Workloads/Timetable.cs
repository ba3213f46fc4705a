using System.Collections.Immutable;
using Comptroller.Falcon.Scheduling;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// When something is due: a cron expression on the clock of a time zone, by the rules of whoever starts it, which is the CronJob's controller
/// or a daemon. They differ where both days are restricted and where the clock changes. Pure.
/// </summary>
internal sealed class Timetable
{
    /// <summary>After so many years, days of the week are those of the same days of the month again.</summary>
    private const int SameDays = 28;
    private const int MostTries = 1000;

    private static readonly DateTimeOffset Anywhen = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Func<DateTimeOffset, DateTimeOffset> next;

    private Timetable(Func<DateTimeOffset, DateTimeOffset> next) => this.next = next;

    /// <summary>The first time after an instant.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset at) => next(at).ToUniversalTime();

    /// <summary>Until when what was found at an instant is young enough: the second time after it at which something newer was due.</summary>
    public DateTimeOffset FreshUntil(DateTimeOffset at) => NextAfter(NextAfter(at));

    /// <summary>The same, but for those times at which it may not be.</summary>
    /// <param name="earliest">The first time from a time on at which it may.</param>
    /// <returns>Null when it is never due at such a time.</returns>
    public Timetable? Within(Func<DateTimeOffset, DateTimeOffset> earliest)
    {
        return Next(Anywhen) is null ? null : new Timetable(at => Next(at)!.Value);

        DateTimeOffset? Next(DateTimeOffset at)
        {
            var (due, last) = (NextAfter(at), at.AddYears(SameDays));
            for (var tries = 0; tries < MostTries && due < last; tries++)
            {
                if (earliest(due) is var open && open <= due)
                {
                    return due;
                }

                due = NextAfter(open.AddTicks(-1));
            }

            return null;
        }
    }

    /// <summary>Of a CronJob.</summary>
    /// <param name="schedule">A cron expression.</param>
    /// <param name="zone">IANA name of a time zone.</param>
    /// <param name="field">Path of the schedule, starting with <c>spec</c>; errors name it.</param>
    public static (Timetable? Value, ImmutableArray<string> Errors) OfCronJob(string schedule, string zone, string field) => Read(() => CronJobRule(schedule), zone, field);

    /// <summary>Of a daemon of ours. Parameters as for <see cref="OfCronJob"/>.</summary>
    public static (Timetable? Value, ImmutableArray<string> Errors) OfDaemon(string schedule, string zone, string field) => Read(() => CronSchedule.Parse(schedule).Next, zone, field);

    private static (Timetable? Value, ImmutableArray<string> Errors) Read(Func<Func<DateTimeOffset, TimeZoneInfo, DateTimeOffset>> read, string zone, string field)
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        Func<DateTimeOffset, TimeZoneInfo, DateTimeOffset>? rule = null;
        try
        {
            rule = read();
        }
        catch (FormatException e)
        {
            errors.Add($"{field}: {e.Message}");
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            errors.Add($"spec.timeZone: \"{zone}\" is not a time zone; use an IANA name such as Europe/Berlin");
        }

        return (errors.Count == 0 ? new Timetable(at => rule!(at, found!)) : null, errors.ToImmutable());
    }

    private static Func<DateTimeOffset, TimeZoneInfo, DateTimeOffset> CronJobRule(string text)
    {
        if (!CronJobSchedule.TryParse(text, out var schedule, out var error))
        {
            throw new FormatException($"\"{text}\" is no schedule of a CronJob: {error}");
        }

        // Its firings hang on when the CronJob last fired, so that nobody else can tell the next one.
        if (text.StartsWith("@every", StringComparison.Ordinal))
        {
            throw new FormatException($"\"{text}\" names no time of the clock; write minute, hour, day of month, month and day of week, such as */30 * * * *");
        }

        return schedule.Next(Anywhen, TimeZoneInfo.Utc) is not null
            ? (at, zone) => schedule.Next(at, zone)!.Value
            : throw new FormatException($"\"{text}\" never fires: no such date exists");
    }
}
