using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>The rules, judged by the programs that will run them, where they are installed.</summary>
public sealed class VictoriaMetricsTests
{
    private static readonly AlertOptions Options = new()
    {
        Name = "audit",
        Namespace = "monitoring",
        Cluster = "infra",
        SecretReaders = ["o'neil\"} | delete", "back\\slash", "{{ .Value }}"],
        AlertLabels = ImmutableSortedDictionary<string, string>.Empty.Add("team", "{{ team }}"),
    };

    [InstalledFact("vmalert")]
    public void Vmalert_accepts_the_rules_over_counters() => Installed.Refusal(Group(Options with { Language = AlertLanguage.PromQl })).ShouldBeNull();

    [InstalledFact("vmalert")]
    public void Vmalert_would_refuse_a_broken_one()
    {
        var group = Group(Options with { Language = AlertLanguage.PromQl });
        group["rules"]![0]!["expr"] = "sum(";
        Installed.Refusal(group).ShouldNotBeNull();
    }

    [VlogsFact]
    public void Vmalert_accepts_the_rules_over_events() => Installed.Refusal(Group(Options)).ShouldBeNull();

    [InstalledFact("victoria-metrics")]
    public async Task VictoriaMetrics_comes_to_the_same_verdicts()
    {
        var options = Options with { Language = AlertLanguage.PromQl };
        var expressions = PromQlRules.For(options).ToDictionary(rule => rule.Kind.Name, rule => rule.Expression, StringComparer.Ordinal);
        var configuration = PromQlRulesTests.Configuration(options);
        await using var database = await MetricsDatabase.StartAsync();

        // Each case has hours of its own, so that none sees another.
        var start = DateTimeOffset.UtcNow.AddDays(-20);
        var times = AlertCases.All.Select((_, index) => start.AddHours(3 * index)).ToArray();
        var lines = new StringBuilder();
        foreach (var (index, entry) in AlertCases.All.Index())
        {
            foreach (var series in Counting.Scrape(configuration, entry.Events, AuditEvents.Now))
            {
                var labels = string.Join(',', series.Labels.Select(label => $"{label.Key}=\"{label.Value}\""));
                foreach (var sample in series.Samples)
                {
                    lines.Append(CultureInfo.InvariantCulture, $"{series.Metric}{{{labels}}} {sample.Value} {(times[index] + (sample.Time - AuditEvents.Now)).ToUnixTimeMilliseconds()}\n");
                }
            }
        }

        await database.ImportAsync(lines.ToString());
        var wrong = new List<string>();
        foreach (var (index, entry) in AlertCases.All.Index())
        {
            var count = await database.CountAsync(expressions[entry.Alert], times[index]);
            if (count != (entry.PromQl ?? entry.Fires ? 1 : 0))
            {
                wrong.Add($"{entry.Alert}: {entry.Because}: {count}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    private static JsonNode Group(AlertOptions options) => VmRule.Render(options)["spec"]!["groups"]![0]!.DeepClone();
}
