using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;
using Comptroller.Crds;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>What a Prometheus has after a day of scraping operators that saw a schedule in changing states.</summary>
internal static class AlertHistory
{
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 11, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Since = TimeSpan.FromHours(25);

    /// <summary>Each scrape is of an operator that has just started: it knows the schedule as the API server holds it, and nothing else.</summary>
    /// <param name="stateAt">The schedule as it was so long ago; null while no operator answered.</param>
    public static List<Series> Scrape(Func<TimeSpan, PolicyAuditSchedule?> stateAt) => ScrapePages(ago => stateAt(ago) is { } state ? Render(state) : null);

    /// <param name="pageAt">The metrics page so long ago; null while no operator answered.</param>
    public static List<Series> ScrapePages(Func<TimeSpan, string?> pageAt)
    {
        var series = new SortedDictionary<string, Series>(StringComparer.Ordinal);
        for (var ago = Since; ago >= TimeSpan.Zero; ago -= Every)
        {
            if (pageAt(ago) is not { } page)
            {
                continue;
            }

            foreach (var (metric, labels, value) in Page(page))
            {
                // Two replicas say the same, each under its own name.
                foreach (var instance in (string[])["a", "b"])
                {
                    var all = new SortedDictionary<string, string>(labels, StringComparer.Ordinal) { ["instance"] = instance };
                    var key = $"{metric}{{{string.Join(',', all.Select(label => $"{label.Key}=\"{label.Value}\""))}}}";
                    if (!series.TryGetValue(key, out var found))
                    {
                        series[key] = found = new Series(metric, all, new List<Sample>());
                    }

                    ((List<Sample>)found.Samples).Add(new Sample(Now - ago, value));
                }
            }
        }

        return [.. series.Values];
    }

    /// <summary>Whether a rule has held for as long as it must, looked at as often as its group is evaluated.</summary>
    public static bool Fires(AlertRule rule, List<Series> stored)
    {
        var query = new PromQuery(rule.Expression);
        var held = true;
        for (var at = Now - SpecDurations.Read(rule.For, "for").Value; at <= Now; at = at.AddMinutes(1))
        {
            held &= query.Run(stored, at).Count == 1;
        }

        return held;
    }

    /// <summary>The cases of which VictoriaMetrics thinks otherwise.</summary>
    public static async Task<List<string>> WrongInVictoriaMetricsAsync(IReadOnlyList<(string Name, AlertRule Rule, bool Fires, List<Series> Stored)> cases)
    {
        await using var database = await MetricsDatabase.StartAsync();
        // Each case has two days of its own, so that none sees another.
        var last = new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero).AddHours(-1);
        var lines = new StringBuilder();
        foreach (var (index, entry) in cases.Index())
        {
            foreach (var series in entry.Stored)
            {
                foreach (var sample in series.Samples)
                {
                    // What is a time moves with the case.
                    var value = series.Metric.EndsWith("timestamp_seconds", StringComparison.Ordinal) ? sample.Value + Shift(index).TotalSeconds : sample.Value;
                    lines.Append(CultureInfo.InvariantCulture, $"{series.Metric}{{{string.Join(',', series.Labels.Select(label => $"{label.Key}=\"{label.Value}\""))}}} {value} {(sample.Time + Shift(index)).ToUnixTimeMilliseconds()}\n");
                }
            }
        }

        await database.ImportAsync(lines.ToString());
        var wrong = new List<string>();
        foreach (var (index, entry) in cases.Index())
        {
            var now = Now + Shift(index);
            var held = await database.CountAsync(entry.Rule.Expression, now) == 1
                && await database.CountAsync(entry.Rule.Expression, now - SpecDurations.Read(entry.Rule.For, "for").Value) == 1;
            if (held != entry.Fires)
            {
                wrong.Add(entry.Name);
            }
        }

        return wrong;

        TimeSpan Shift(int index) => last.AddDays(-2 * index) - Now;
    }

    /// <summary>The metrics page of an operator that knows one schedule.</summary>
    public static string Render(PolicyAuditSchedule schedule)
    {
        var stored = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(schedule, CrdsJson.Default.PolicyAuditSchedule), CrdsJson.Default.PolicyAuditSchedule)!;
        using var metrics = new PolicyAuditMetrics(() => [stored]);
        using var exporter = new PrometheusExporter(meter => meter == metrics.Meter);
        return exporter.Render();
    }

    /// <summary>A schedule that runs every two hours, is Ready, and has been audited.</summary>
    public static PolicyAuditSchedule Sound(TimeSpan ago, string spec = "") => Schedules.Of($"{{{spec}{Schedules.Sound}}}") with
    {
        Metadata = new ObjectMeta { Name = "tenant", Namespace = "security", Uid = "7c3e", Generation = 1, CreationTimestamp = Now.AddDays(-30) },
        Status = new PolicyAuditScheduleStatus
        {
            ObservedGeneration = 1,
            Conditions = [new Condition { Type = "Ready", Status = "True", Reason = "Succeeded", LastTransitionTime = Now }, new Condition { Type = "Compliant", Status = "True", Reason = "ScoreMet", LastTransitionTime = Now }],
            Audit = new AuditFindingsStatus { Score = 90, Hosts = 1000, Policies = [new AuditedPolicies { Type = "firewall", Passed = 4, Failed = 1 }] },
            LastSuccessTime = Now - ago - TimeSpan.FromMinutes(50),
            LastRun = new AuditRunStatus { Name = "run", Outcome = AuditOutcomes.Complete, EndTime = Now - ago - TimeSpan.FromMinutes(50), DurationSeconds = 60, ApiCalls = 100 },
            NextRunTime = Now - ago + TimeSpan.FromMinutes(60),
            Runs = 12,
        },
    };

    private static IEnumerable<(string Metric, Dictionary<string, string> Labels, double Value)> Page(string page) =>
        from line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        where !line.StartsWith('#')
        let parts = Regex.Match(line, @"\A(?<metric>\w+)\{(?<labels>.*)\} (?<value>\S+)\z", RegexOptions.None, TimeSpan.FromSeconds(1))
        where parts.Success ? true : throw new FormatException(line)
        select (
            parts.Groups["metric"].Value,
            Regex.Matches(parts.Groups["labels"].Value, "(?<name>\\w+)=\"(?<text>[^\"]*)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).ToDictionary(label => label.Groups["name"].Value, label => label.Groups["text"].Value),
            double.Parse(parts.Groups["value"].Value, CultureInfo.InvariantCulture));
}
