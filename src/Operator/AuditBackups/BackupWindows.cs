using System.Collections.Immutable;
using System.Globalization;
using Comptroller.Crds.AuditBackups;

namespace Comptroller.Operator.AuditBackups;

/// <summary>The times of the week to which backups are confined, on the clock of a time zone. Windows that touch or overlap are one. Pure.</summary>
internal sealed class BackupWindows
{
    private static readonly string[] DayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    // What is open for more than a week is open in every week.
    private static readonly TimeSpan Always = TimeSpan.FromDays(8);

    private readonly ImmutableArray<Window> windows;
    private readonly TimeZoneInfo zone;

    private BackupWindows(ImmutableArray<Window> windows, TimeZoneInfo zone) => (this.windows, this.zone) = (windows, zone);

    /// <summary>Of a spec; null without windows, or with errors.</summary>
    /// <param name="spec">The spec. That its time zone is none is told of its schedules.</param>
    public static (BackupWindows? Value, ImmutableArray<string> Errors) Of(AuditBackupSpec spec)
    {
        var (read, errors) = (ImmutableArray.CreateBuilder<Window>(), ImmutableArray.CreateBuilder<string>());
        foreach (var (window, index) in spec.Windows.Select((window, index) => (window, index)))
        {
            if (Read(string.Join(',', window.Days), window.Start, window.End, out var error) is { } found)
            {
                read.Add(found);
            }
            else
            {
                errors.Add($"spec.windows[{index}]: {error}");
            }
        }

        return (errors.Count == 0 && read.Count > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(spec.TimeZone, out var zone) ? new(read.ToImmutable(), zone) : null, errors.ToImmutable());
    }

    /// <summary>Of options; null without any.</summary>
    /// <param name="texts">Each as <see cref="Text"/> writes it.</param>
    /// <param name="timeZone">IANA name.</param>
    /// <exception cref="FormatException">One is none, or there is no such time zone.</exception>
    public static BackupWindows? Parse(IReadOnlyCollection<string> texts, string timeZone)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        var read = texts.Select(text =>
        {
            var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var times = parts.Length is 1 or 2 ? parts[^1].Split('-') : [];
            string? error = null;
            return times is [var start, var end] && Read(parts.Length == 2 ? parts[0] : "", start, end, out error) is { } window ? window
                : throw new FormatException($"--window \"{text}\": {error ?? "such as 22:00-05:00, or with the days on which it begins \"Mon,Tue 22:00-05:00\""}");
        });
        return TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var zone) ? new([.. read], zone)
            : throw new FormatException($"--time-zone \"{timeZone}\": not a time zone; use an IANA name such as Europe/Berlin");
    }

    /// <summary>A window as the option of <c>archive backup</c> has it.</summary>
    public static string Text(BackupWindow window) => $"{string.Concat(window.Days.Select((day, i) => $"{(i == 0 ? "" : ",")}{day}"))}{(window.Days.Count == 0 ? "" : " ")}{window.Start}-{window.End}";

    /// <summary>When the window closes that is open at a time: null when none is open, <see cref="DateTimeOffset.MaxValue"/> when they leave no time between them.</summary>
    public DateTimeOffset? ClosesAt(DateTimeOffset at)
    {
        foreach (var (opens, closes) in Around(at))
        {
            if (opens <= at && at < closes)
            {
                return closes - at > Always ? DateTimeOffset.MaxValue : closes;
            }
        }

        return null;
    }

    /// <summary>The first time from a time on at which a window is open.</summary>
    public DateTimeOffset EarliestFrom(DateTimeOffset at) => ClosesAt(at) is not null ? at : Around(at).First(window => window.Opens > at).Opens;

    // A window is open at most a day, and opens once a week but for one that a clock change swallows: nothing further away matters.
    private List<(DateTimeOffset Opens, DateTimeOffset Closes)> Around(DateTimeOffset at)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
        var open = new List<(DateTimeOffset Opens, DateTimeOffset Closes)>();
        foreach (var next in Enumerable.Range(-2, 19).Select(today.AddDays).SelectMany(day => windows.Where(window => window.BeginsOn(day.DayOfWeek)).Select(window => window.On(day, zone))).OrderBy(each => each.Opens))
        {
            if (open.Count > 0 && next.Opens <= open[^1].Closes)
            {
                open[^1] = (open[^1].Opens, next.Closes > open[^1].Closes ? next.Closes : open[^1].Closes);
            }
            else if (next.Opens < next.Closes)
            {
                open.Add(next);
            }
        }

        return open;
    }

    private static Window? Read(string days, string start, string end, out string? error)
    {
        var names = days.Split(',', StringSplitOptions.RemoveEmptyEntries);
        error = names.FirstOrDefault(name => !DayNames.Contains(name)) is { } unknown ? $"\"{unknown}\" is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun"
            : TimeOf(start) is not { } from || from == TimeSpan.FromDays(1) ? $"\"{start}\" is no time of day at which a window begins, such as 22:00"
            : TimeOf(end) is not { } to ? $"\"{end}\" is no time of day at which a window ends, such as 05:00 or 24:00"
            : from == to ? $"it ends at {end}, when it begins; write 00:00 and 24:00 for the whole day"
            : null;
        return error is null ? new Window([.. names.Select(name => (DayOfWeek)Array.IndexOf(DayNames, name))], TimeOf(start)!.Value, TimeOf(end)!.Value) : null;
    }

    private static TimeSpan? TimeOf(string text) =>
        text == "24:00" ? TimeSpan.FromDays(1)
        : TimeSpan.TryParseExact(text, @"hh\:mm", CultureInfo.InvariantCulture, out var time) ? time
        : null;

    private sealed record Window(ImmutableArray<DayOfWeek> Days, TimeSpan Start, TimeSpan End)
    {
        public bool BeginsOn(DayOfWeek day) => Days.IsEmpty || Days.Contains(day);

        // One that ends before it begins ends on the next day.
        public (DateTimeOffset Opens, DateTimeOffset Closes) On(DateOnly day, TimeZoneInfo zone) => (At(day, Start, zone), At(End > Start ? day : day.AddDays(1), End, zone));

        // Of an hour that a clock change repeats, the first one; a time that it skips is as long after midnight as the clock would have said.
        private static DateTimeOffset At(DateOnly day, TimeSpan time, TimeZoneInfo zone)
        {
            var local = day.ToDateTime(TimeOnly.MinValue) + time;
            var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
                : zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-3))
                : zone.GetUtcOffset(local);
            return new DateTimeOffset(local, offset).ToUniversalTime();
        }
    }
}
