using System.Globalization;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Checks a cron schedule as the CronJob controller's parser (robfig/cron, standard form) reads it, in its words.</summary>
internal static class CronSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly (int Min, int Max, string[] Names)[] Bounds =
        [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Months), (0, 6, Days)];

    /// <summary>Null when the schedule is good.</summary>
    public static string? Error(string schedule)
    {
        if (schedule.StartsWith('@'))
        {
            return Descriptor(schedule);
        }
        var fields = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]";
        }
        return fields.SelectMany((field, index) => field.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => Range(part, Bounds[index])))
            .FirstOrDefault(error => error is not null);
    }

    private static string? Descriptor(string schedule)
    {
        if (schedule is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly")
        {
            return null;
        }
        const string Every = "@every ";
        if (!schedule.StartsWith(Every, StringComparison.Ordinal))
        {
            return $"unrecognized descriptor: {schedule}";
        }
        var duration = schedule[Every.Length..];
        return IsGoDuration(duration) ? null : $"failed to parse duration {schedule}: time: invalid duration {GoText.Quote(duration)}";
    }

    private static string? Range(string expression, (int Min, int Max, string[] Names) bounds)
    {
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
        return start < bounds.Min ? $"beginning of range ({start}) below minimum ({bounds.Min}): {expression}"
            : end > bounds.Max ? $"end of range ({end}) above maximum ({bounds.Max}): {expression}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {expression}"
            : step == 0 ? $"step of range should be a positive number: {expression}"
            : null;
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

    private static bool IsGoDuration(string text)
    {
        string[] units = ["ns", "us", "µs", "ms", "s", "m", "h"];
        var rest = text.TrimStart('-', '+');
        while (rest.Length > 0)
        {
            var digits = rest.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
            var unit = string.Concat(rest.Skip(digits).TakeWhile(c => !char.IsAsciiDigit(c) && c != '.'));
            if (digits == 0 || !units.Contains(unit))
            {
                return false;
            }
            rest = rest[(digits + unit.Length)..];
        }
        return text.Length > 0;
    }
}
