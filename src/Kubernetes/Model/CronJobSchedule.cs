using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// <c>spec.schedule</c> of a CronJob as its controller (robfig/cron 3.0.1, standard form) reads it, refuses it in its words, and fires it.
/// Whoever foretells a CronJob's runs by another cron's rules tells wrong times: here weekday 7 is refused, the days of month and week are
/// alternatives unless one of them is <c>*</c> or <c>?</c> (with a step above 1 it restricts, so that <c>*/2</c> is no star), and a clock
/// change skips firings or repeats them.
/// </summary>
public sealed class CronJobSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly (int Min, int Max, string[] Names)[] Bounds =
        [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Months), (0, 6, Days)];

    /// <summary>Years after the current one in which a schedule fires, or never.</summary>
    private const int Horizon = 5;

    /// <summary>Marks a field that restricts nothing: the two fields for days are alternatives only when neither is one.</summary>
    private const ulong Any = 1UL << 63;

    private readonly ulong[] _fields;
    private readonly TimeSpan? _every;

    private CronJobSchedule(ulong[] fields, TimeSpan? every) => (_fields, _every) = (fields, every);

    /// <param name="text">Five fields, or a descriptor such as <c>@daily</c>.</param>
    /// <param name="schedule">Null when it is none.</param>
    /// <param name="error">What the API server would say.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronJobSchedule? schedule, [NotNullWhen(false)] out string? error)
    {
        schedule = TryParse(text, out error);
        return schedule is not null;
    }

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
        for (var limit = at.Year + Horizon; at.Year <= limit;)
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

    private static CronJobSchedule? TryParse(string schedule, out string? error)
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
        return new CronJobSchedule(fields, null);
    }

    private static CronJobSchedule? Descriptor(string schedule, out string? error)
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
            return new CronJobSchedule([], every);
        }

        error = $"failed to parse duration {schedule}: time: invalid duration {Scalars.Quote(duration)}";
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
            return $"failed to parse int from {text}: strconv.Atoi: parsing {Scalars.Quote(text)}: invalid syntax";
        }

        return number < 0 ? $"negative number ({number}) not allowed: {text}" : null;
    }
}
