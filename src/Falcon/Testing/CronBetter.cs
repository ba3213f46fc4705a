using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>
/// Cron as it is usual, worked out minute by minute: ranges in lists, steps of ranges, names and macros, all of which the replaced tool
/// refuses, and days that are alternatives when both are restricted.
/// </summary>
internal static class CronBetter
{
    private static readonly (int Least, int Most, string[] Names)[] Bounds =
    [
        (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        (0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ];

    // The same day of the same month on the same weekday comes again within twelve years, 29 February in 2104 included.
    private const int MostDays = 366 * 12;

    public static JsonObject? Next(FalconCase test)
    {
        var fields = Macro(test.Policy.Text("expr") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length != Bounds.Length || !DateTime.TryParse(test.Policy.Text("from"), CultureInfo.InvariantCulture, out var from))
        {
            return null;
        }

        var sets = fields.Select((field, index) => Numbers(field, Bounds[index].Least, Bounds[index].Most, Bounds[index].Names)).ToList();
        if (sets is not [{ } minutes, { } hours, { } days, { } months, { } weekdays])
        {
            return null;
        }

        var (anyDay, anyWeekday) = (fields[2].StartsWith('*'), fields[4].StartsWith('*'));
        for (var day = from.Date; day < from.Date.AddDays(MostDays); day = day.AddDays(1))
        {
            var (isDay, isWeekday) = (days.Contains(day.Day), weekdays.Contains((int)day.DayOfWeek) || (day.DayOfWeek == DayOfWeek.Sunday && weekdays.Contains(7)));
            if (!months.Contains(day.Month) || !(anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday))
            {
                continue;
            }

            foreach (var at in hours.SelectMany(hour => minutes.Select(minute => day.AddHours(hour).AddMinutes(minute))).Where(at => at > from))
            {
                return new JsonObject { ["next"] = at.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) };
            }
        }

        return null;
    }

    public static JsonObject? Field(FalconCase test) =>
        test.Policy.Text("field") is { } field && Numbers(field, test.Policy.Field("min")?.GetInt32() ?? 0, test.Policy.Field("max")?.GetInt32() ?? 59, []) is { } numbers
            ? new JsonObject { ["values"] = new JsonArray([.. numbers.Select(number => (JsonNode)JsonValue.Create(number))]) } : null;

    private static string Macro(string expression) => expression.Trim() switch
    {
        "@yearly" or "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" or "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => expression,
    };

    // Null for what is no list of numbers within the bounds: then an error is right.
    private static SortedSet<int>? Numbers(string field, int least, int most, string[] names)
    {
        var numbers = new SortedSet<int>();
        foreach (var part in field.Split(','))
        {
            var halves = part.Split('/');
            var ends = halves[0] == "*" ? [$"{least}", $"{most}"] : halves[0].Split('-');
            if (halves.Length > 2 || ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || Number(halves.Length == 2 ? halves[1] : "1") is not { } step
                || step == 0 || first > last || first < least || last > most)
            {
                return null;
            }

            for (var number = first; number <= (ends.Length == 1 && halves.Length == 2 ? most : last); number += step)
            {
                numbers.Add(number);
            }
        }

        return numbers;

        int? Number(string text) => Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var index ? least + index
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
