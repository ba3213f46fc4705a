using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Tests.Alerting.PromQl;

/// <summary>
/// What a Prometheus has after it scraped the counters of a Fluent Bit configuration every 15 seconds while events passed through. Decides as
/// <c>log_to_metrics</c> does: the patterns in their order, counted at the first <c>regex</c> that matches, not counted at the first
/// <c>exclude</c> that matches or <c>regex</c> that does not; what is no text matches nothing; a series exists from its first event on.
/// </summary>
internal static class Counting
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Since = TimeSpan.FromMinutes(80);

    private static readonly string[] NoText = ["responseStatus.code", "sourceIPs", "user.groups", "requestObject.rules"];

    public static List<Series> Scrape(JsonObject configuration, IEnumerable<Row> events, DateTimeOffset now)
    {
        var passed = events.OrderBy(row => row.Time).ToList();
        return
        [
            .. from filter in configuration["pipeline"]!["filters"]!.AsArray().OfType<JsonObject>()
               where (string?)filter["name"] == "log_to_metrics"
               let metric = string.Join('_', new[] { "metric_namespace", "metric_subsystem", "metric_name" }.Select(part => (string)filter[part]!))
               from counted in passed.Where(row => IsCounted(filter, row)).GroupBy(row => Labels(filter, row), Same.Instance)
               select new Series(metric, counted.Key, Samples([.. counted.Select(row => row.Time)], now)),
        ];
    }

    private static bool IsCounted(JsonObject filter, Row row)
    {
        foreach (var (key, value) in filter)
        {
            foreach (var rule in key is "regex" or "exclude" ? Texts(value) : [])
            {
                var parts = rule.Split(' ', 2);
                var matches = Regex.IsMatch(Field(parts[0], row), parts[1], RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
                if (matches || key == "regex")
                {
                    return matches && key == "regex";
                }
            }
        }

        return true;
    }

    private static string Field(string accessor, Row row)
    {
        var field = Path(accessor);
        return Array.Exists(NoText, field.StartsWith) ? throw new FormatException($"{field} is no text: Fluent Bit would never match it") : row[field];
    }

    private static SortedDictionary<string, string> Labels(JsonObject filter, Row row)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var parts in Texts(filter["add_label"]).Select(label => label.Split(' ')))
        {
            // An empty label is none.
            if (row[Path(parts[1])] is { Length: > 0 } value)
            {
                labels[parts[0]] = value;
            }
        }

        return labels;
    }

    private static string Path(string accessor) => accessor.TrimStart('$').Replace("['", ".", StringComparison.Ordinal).Replace("']", "", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonNode? value) => value is JsonArray list ? list.Select(item => (string)item!) : [(string)value!];

    private static List<Sample> Samples(List<DateTimeOffset> times, DateTimeOffset now)
    {
        var samples = new List<Sample>();
        for (var (at, count) = (now - Since, 0); at <= now; at += Every)
        {
            while (count < times.Count && times[count] <= at)
            {
                count++;
            }

            if (count > 0)
            {
                samples.Add(new Sample(at, count));
            }
        }

        return samples;
    }

    private sealed class Same : IEqualityComparer<SortedDictionary<string, string>>
    {
        public static Same Instance { get; } = new();

        public bool Equals(SortedDictionary<string, string>? x, SortedDictionary<string, string>? y) => x!.SequenceEqual(y!);

        public int GetHashCode(SortedDictionary<string, string> labels) => labels.Count;
    }
}
