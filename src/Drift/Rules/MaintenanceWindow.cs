using System.Collections.Immutable;

namespace Comptroller.Drift.Rules;

/// <summary>When changes by hand are expected. Either once, or every week on some days.</summary>
/// <param name="Name">For people.</param>
/// <param name="From">Start of the one window; null for a weekly one.</param>
/// <param name="To">Its end, exclusive.</param>
/// <param name="Days">Days on which the weekly window starts; empty for every day.</param>
/// <param name="Start">Time of day of the weekly window, UTC.</param>
/// <param name="End">Its end; before <paramref name="Start"/> for a window over midnight.</param>
public sealed record MaintenanceWindow(string Name, DateTimeOffset? From, DateTimeOffset? To, ImmutableArray<DayOfWeek> Days, TimeOnly Start, TimeOnly End)
{
    public bool Contains(DateTimeOffset time)
    {
        if (From is not null || To is not null)
        {
            return (From is null || time >= From) && (To is null || time < To);
        }

        var utc = time.UtcDateTime;
        var at = TimeOnly.FromDateTime(utc);
        var today = utc.DayOfWeek;
        // The part after midnight belongs to the day before.
        return Start <= End
            ? IsDay(today) && at >= Start && at < End
            : (IsDay(today) && at >= Start) || (IsDay((DayOfWeek)(((int)today + 6) % 7)) && at < End);
    }

    private bool IsDay(DayOfWeek day) => Days.IsEmpty || Days.Contains(day);
}
