using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>Lists of ranges, which the replaced tool refuses: the same as the list of their numbers.</summary>
internal static class CronBetter
{
    private static readonly (int Least, int Most)[] Bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];

    public static JsonObject? Next(FalconCase test)
    {
        var fields = (test.Policy.Text("expr") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != Bounds.Length || !Array.Exists(fields, IsListOfRanges))
        {
            return null;
        }

        for (var i = 0; i < fields.Length; i++)
        {
            if (IsListOfRanges(fields[i]))
            {
                if (Numbers(fields[i], Bounds[i].Least, Bounds[i].Most) is not { } numbers)
                {
                    return null;
                }

                fields[i] = string.Join(',', numbers);
            }
        }

        var policy = new JsonObject { ["expr"] = string.Join(' ', fields), ["from"] = test.Policy.Text("from") };
        return TimeCases.CronNext(test with { Policy = JsonElement.Parse(policy.ToJsonString()) });
    }

    public static JsonObject? Field(FalconCase test) =>
        test.Policy.Text("field") is { } field && IsListOfRanges(field) && Numbers(field, test.Policy.Field("min")?.GetInt32() ?? 0, test.Policy.Field("max")?.GetInt32() ?? 59) is { } numbers
            ? new JsonObject { ["values"] = new JsonArray([.. numbers.Select(number => (JsonNode)JsonValue.Create(number))]) } : null;

    private static bool IsListOfRanges(string field) => field.Contains(',', StringComparison.Ordinal) && field.AsSpan().IndexOfAny('-', '/') >= 0;

    // Null for what is no list of numbers within the bounds: then an error is right.
    private static SortedSet<int>? Numbers(string field, int least, int most)
    {
        var numbers = new SortedSet<int>();
        foreach (var part in field.Split(','))
        {
            var halves = part.Split('/');
            var ends = halves[0] == "*" ? [$"{least}", $"{most}"] : halves[0].Split('-');
            if (halves.Length > 2 || ends.Length > 2 || !TryNumber(ends[0], out var first) || !TryNumber(ends[^1], out var last) || !TryNumber(halves.Length == 2 ? halves[1] : "1", out var step)
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
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
