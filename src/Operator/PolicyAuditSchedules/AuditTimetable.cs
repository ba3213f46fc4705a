using System.Collections.Immutable;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>When something is due: a cron expression on the clock of a time zone. Pure.</summary>
internal sealed record AuditTimetable(CronSchedule Schedule, TimeZoneInfo Zone)
{
    /// <summary>The first time after an instant.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset at) => Schedule.Next(at, Zone).ToUniversalTime();

    /// <summary>Until when what was found at an instant is young enough: the second time after it at which something newer was due.</summary>
    public DateTimeOffset FreshUntil(DateTimeOffset at) => NextAfter(NextAfter(at));

    /// <param name="schedule">A cron expression.</param>
    /// <param name="zone">IANA name of a time zone.</param>
    /// <param name="field">Path of the schedule, starting with <c>spec</c>; errors name it.</param>
    public static (AuditTimetable? Value, ImmutableArray<string> Errors) Read(string schedule, string zone, string field)
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        CronSchedule? parsed = null;
        try
        {
            parsed = CronSchedule.Parse(schedule);
        }
        catch (FormatException e)
        {
            errors.Add($"{field}: {e.Message}");
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            errors.Add($"spec.timeZone: \"{zone}\" is not a time zone; use an IANA name such as Europe/Berlin");
        }

        return (errors.Count == 0 ? new AuditTimetable(parsed!, found!) : null, errors.ToImmutable());
    }
}
