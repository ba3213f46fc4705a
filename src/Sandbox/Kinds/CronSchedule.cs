using System.Globalization;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Sandbox.Kinds;

/// <summary>A cron schedule as the CronJob controller's parser (robfig/cron, standard form) reads it, refuses it in its words, and fires it.</summary>
internal sealed class CronSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly (int Min, int Max, string[] Names)[] Bounds =
        [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Months), (0, 6, Days)];

    /// <summary>Years within which a schedule fires, or never.</summary>
    private const int Horizon = 5;

    /// <summary>Marks a field that restricts nothing: the two fields for days are alternatives only when neither is one.</summary>
    private const ulong Any = 1UL << 63;

    private readonly ulong[] _fields;
    private readonly TimeSpan? _every;

    private CronSchedule(ulong[] fields, TimeSpan? every) => (_fields, _every) = (fields, every);

    /// <summary>Null when the schedule is good.</summary>
    public static string? Error(string schedule)
    {
        TryParse(schedule, out var error);
        return error;
    }

    /// <summary>Null when it is none, which <see cref="Error"/> explains.</summary>
    public static CronSchedule? Parse(string schedule) => TryParse(schedule, out _);

    /// <summary>
    /// The first firing after an instant, by the clock of a zone; null when there is none in sight. A time that the clock skips does not
    /// fire, and one that it shows twice fires twice.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        if (_every is { } every)
        {
            return after.AddTicks(-(after.Ticks % TimeSpan.TicksPerSecond)) + (every < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : every);
        }
        var at = after.AddTicks(-(after.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
        for (var limit = at.AddYears(Horizon); at < limit;)
        {
            var local = TimeZoneInfo.ConvertTime(at, zone);
            if (!Has(3, local.Month) || !IsDay(local) || !Has(1, local.Hour))
            {
                // Within the hour nothing else changes: zones are put forward and back at full minutes, and mostly at full hours.
                at = at.AddMinutes(60 - local.Minute);
            }
            else if (!Has(0, local.Minute))
            {
                at = at.AddMinutes(1);
            }
            else
            {
                return at;
            }
        }
        return null;
    }

    private bool Has(int field, int value) => (_fields[field] & (1UL << value)) != 0;

    private bool IsDay(DateTimeOffset local)
    {
        var (ofMonth, ofWeek) = (Has(2, local.Day), Has(4, (int)local.DayOfWeek));
        return ((_fields[2] | _fields[4]) & Any) != 0 ? ofMonth && ofWeek : ofMonth || ofWeek;
    }

    private static CronSchedule? TryParse(string schedule, out string? error)
    {
        if (schedule.StartsWith('@'))
        {
            return Descriptor(schedule, out error);
        }
        var texts = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (texts.Length != 5)
        {
            error = $"expected exactly 5 fields, found {texts.Length}: [{string.Join(' ', texts)}]";
            return null;
        }
        var fields = new ulong[5];
        for (var index = 0; index < fields.Length; index++)
        {
            foreach (var part in texts[index].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if ((error = Range(part, Bounds[index], out var bits)) is not null)
                {
                    return null;
                }
                fields[index] |= bits;
            }
        }
        error = null;
        return new CronSchedule(fields, null);
    }

    private static CronSchedule? Descriptor(string schedule, out string? error)
    {
        error = null;
        var fields = schedule switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => null,
        };
        if (fields is not null)
        {
            return TryParse(fields, out error);
        }
        const string Every = "@every ";
        if (!schedule.StartsWith(Every, StringComparison.Ordinal))
        {
            error = $"unrecognized descriptor: {schedule}";
            return null;
        }
        var duration = schedule[Every.Length..];
        if (GoDuration.TryParse(duration, out var every, out _))
        {
            return new CronSchedule([], every);
        }
        error = $"failed to parse duration {schedule}: time: invalid duration {GoText.Quote(duration)}";
        return null;
    }

    private static string? Range(string expression, (int Min, int Max, string[] Names) bounds, out ulong bits)
    {
        bits = 0;
        var rangeAndStep = expression.Split('/');
        var ends = rangeAndStep[0].Split('-');
        int start = bounds.Min, end = bounds.Max, step = 1;
        if (ends[0] is not ("*" or "?"))
        {
            if (Number(ends[0], bounds.Names, out start) is { } badStart)
            {
                return badStart;
            }
            end = start;
            if (ends.Length == 2 && Number(ends[1], bounds.Names, out end) is { } badEnd)
            {
                return badEnd;
            }
            if (ends.Length > 2)
            {
                return $"too many hyphens: {expression}";
            }
        }
        if (rangeAndStep.Length > 2)
        {
            return $"too many slashes: {expression}";
        }
        if (rangeAndStep.Length == 2)
        {
            if (Number(rangeAndStep[1], [], out step) is { } badStep)
            {
                return badStep;
            }
            end = ends.Length == 1 ? bounds.Max : end;
        }
        var error = start < bounds.Min ? $"beginning of range ({start}) below minimum ({bounds.Min}): {expression}"
            : end > bounds.Max ? $"end of range ({end}) above maximum ({bounds.Max}): {expression}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {expression}"
            : step == 0 ? $"step of range should be a positive number: {expression}"
            : null;
        for (var value = start; error is null && value <= end; value += step)
        {
            bits |= 1UL << value;
        }
        if (ends[0] is "*" or "?" && step == 1)
        {
            bits |= Any;
        }
        return error;
    }

    private static string? Number(string text, string[] names, out int number)
    {
        var named = Array.IndexOf(names, text.ToLowerInvariant());
        if (named >= 0)
        {
            number = names.Length == 12 ? named + 1 : named;
            return null;
        }
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return $"failed to parse int from {text}: strconv.Atoi: parsing {GoText.Quote(text)}: invalid syntax";
        }
        return number < 0 ? $"negative number ({number}) not allowed: {text}" : null;
    }
}
