using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Tests.Alerting;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>Each alert is made to fire, and not to, over the metrics that the operator exports of statuses.</summary>
public sealed class PolicyAuditRulesTests
{
    /// <param name="Alert">Its name.</param>
    /// <param name="Because">What happens.</param>
    /// <param name="Fires">Whether it should fire at the end of it.</param>
    /// <param name="State">The schedule as it was so long ago; null while nobody exported anything.</param>
    internal sealed record Case(string Alert, string Because, bool Fires, Func<TimeSpan, PolicyAuditSchedule?> State);

    private static readonly Case[] Cases =
    [
        new(PolicyAuditRules.Failing, "two runs in a row failed", true, ago => Status(ago, status => status with { ConsecutiveFailures = 2 })),
        new(PolicyAuditRules.Failing, "one run failed", false, ago => Status(ago, status => status with { ConsecutiveFailures = 1 })),
        new(PolicyAuditRules.Failing, "two failed, and more are allowed", false, ago => Status(ago, status => status with { ConsecutiveFailures = 2 }, "alerts: {failedRuns: 3}, ")),
        new(PolicyAuditRules.Stale, "the newest complete run is from the day before", true, ago => Status(ago, status => status with { LastSuccessTime = AlertHistory.Now.AddHours(-24) })),
        new(PolicyAuditRules.Stale, "it ended within the last interval", false, ago => Status(ago, status => status)),
        new(PolicyAuditRules.Stale, "it is old, and the schedule is suspended", false, ago => Status(ago, status => status with { LastSuccessTime = AlertHistory.Now.AddHours(-24) }, "suspend: true, ")),
        new(PolicyAuditRules.Stale, "there was none since the schedule was made, a month ago", true, ago => Status(ago, status => status with { LastSuccessTime = null, Audit = null, LastRun = null })),
        new(PolicyAuditRules.ScoreDropped, "from 90 to 84 within the day", true, ago => Status(ago, status => Scored(status, ago.TotalHours > 20 ? 90 : 84))),
        new(PolicyAuditRules.ScoreDropped, "from 90 to 87", false, ago => Status(ago, status => Scored(status, ago.TotalHours > 20 ? 90 : 87))),
        new(PolicyAuditRules.ScoreDropped, "it was higher longer than a day ago", false, ago => Status(ago, status => Scored(status, ago.TotalHours > 24.1 ? 99 : 84))),
        new(PolicyAuditRules.BelowThreshold, "79 where 80 is wanted", true, ago => Status(ago, status => Scored(status, 79))),
        new(PolicyAuditRules.BelowThreshold, "80 where 80 is wanted", false, ago => Status(ago, status => Scored(status, 80))),
        new(PolicyAuditRules.BelowThreshold, "no complete run yet", false, ago => Status(ago, status => status with { Audit = null })),
        new(PolicyAuditRules.Throttled, "21 of 100 requests", true, ago => Run(ago, run => run with { Throttled = 21 })),
        new(PolicyAuditRules.Throttled, "20 of 100 requests", false, ago => Run(ago, run => run with { Throttled = 20 })),
        new(PolicyAuditRules.ApiErrors, "6 of 100 requests", true, ago => Run(ago, run => run with { ApiErrors = 6 })),
        new(PolicyAuditRules.ApiErrors, "5 of 100 requests", false, ago => Run(ago, run => run with { ApiErrors = 5 })),
        new(PolicyAuditRules.ApiErrors, "a run without a request", false, ago => Run(ago, run => run with { ApiCalls = 0 })),
        new(PolicyAuditRules.NotReady, "the Secret is missing for half an hour", true, ago => Ready(ago, ago.TotalMinutes > 30)),
        new(PolicyAuditRules.NotReady, "the Secret is missing since five minutes", false, ago => Ready(ago, ago.TotalMinutes > 5)),
        new(PolicyAuditRules.Unobserved, "no operator answers for half an hour", true, ago => ago.TotalMinutes > 30 ? Status(ago, status => status) : null),
        new(PolicyAuditRules.Unobserved, "no operator answered for ten minutes", false, ago => ago.TotalMinutes is > 10 and < 20 ? null : Status(ago, status => status)),
        new(PolicyAuditRules.Unobserved, "the operator answers about a schedule without status", false, ago => Status(ago, _ => new PolicyAuditScheduleStatus())),
    ];

    public static TheoryData<int> Numbers() => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Each_alert_fires_when_it_should_and_only_then(int number)
    {
        var entry = Cases[number];
        var rule = Rule(entry);
        var query = new PromQuery(rule.Expression);
        var stored = AlertHistory.Scrape(entry.State);
        // It fires when it has held for so long: looked at as often as the group is evaluated.
        var held = true;
        for (var at = AlertHistory.Now - SpecDurations.Read(rule.For, "for").Value; at <= AlertHistory.Now; at = at.AddMinutes(1))
        {
            held &= query.Run(stored, at).Count == 1;
        }

        held.ShouldBe(entry.Fires, $"{entry.Alert}: {entry.Because}");
    }

    [Fact]
    public void Every_alert_is_shown_to_fire_and_not_to_in_both_modes_alike()
    {
        var all = PolicyAuditRules.For(Owner, Schedules.Of($"{{{Schedules.Sound}}}").Spec).Select(rule => rule.Name).ToList();
        Cases.Where(entry => entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
        Cases.Where(entry => !entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
        PolicyAuditRules.For(Owner, Schedules.Of($"{{mode: Daemon, {Schedules.Sound}}}").Spec).Select(rule => rule.Name).ShouldBe(all);
    }

    [Fact]
    public void An_operator_that_just_started_exports_what_the_status_says()
    {
        var page = AlertHistory.Render(AlertHistory.Sound(TimeSpan.Zero));
        foreach (var line in new[]
        {
            "score_percent{audit_name=\"tenant\",audit_namespace=\"security\"} 90", "threshold_percent{audit_name=\"tenant\",audit_namespace=\"security\"} 80",
            "hosts{audit_name=\"tenant\",audit_namespace=\"security\"} 1000", "compliant{audit_name=\"tenant\",audit_namespace=\"security\"} 1",
            "runs{audit_name=\"tenant\",audit_namespace=\"security\"} 12", "api_calls{audit_name=\"tenant\",audit_namespace=\"security\"} 100",
        })
        {
            page.ShouldContain($"comptroller_policy_audit_{line}\n");
        }

        page.ShouldContain("result=\"failed\"");
        AlertHistory.Render(AlertHistory.Sound(TimeSpan.Zero) with { Status = new PolicyAuditScheduleStatus() }).ShouldNotContain("score_percent{");
    }

    [InstalledFact("vmalert")]
    public void Vmalert_accepts_the_rules() =>
        Installed.Refusal((JsonObject)PolicyAuditRules.Render(Owner, Schedules.Of($"{{{Schedules.Sound}}}").Spec)!.Body["spec"]!["groups"]![0]!.DeepClone()).ShouldBeNull();

    [InstalledFact("victoria-metrics")]
    public async Task VictoriaMetrics_comes_to_the_same_verdicts()
    {
        await using var database = await MetricsDatabase.StartAsync();
        // Each case has two days of its own, so that none sees another.
        var last = new DateTimeOffset(DateTimeOffset.UtcNow.Date, TimeSpan.Zero).AddHours(-1);
        var lines = new StringBuilder();
        foreach (var (index, entry) in Cases.Index())
        {
            foreach (var series in AlertHistory.Scrape(entry.State))
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
        foreach (var (index, entry) in Cases.Index())
        {
            var rule = Rule(entry);
            var now = AlertHistory.Now + Shift(index);
            var held = await database.CountAsync(rule.Expression, now) == 1
                && await database.CountAsync(rule.Expression, now - SpecDurations.Read(rule.For, "for").Value) == 1;
            if (held != entry.Fires)
            {
                wrong.Add($"{entry.Alert}: {entry.Because}");
            }
        }

        wrong.ShouldBeEmpty();

        TimeSpan Shift(int index) => last.AddDays(-2 * index) - AlertHistory.Now;
    }

    private static ObjectMeta Owner => new() { Name = "tenant", Namespace = "security" };

    private static AlertRule Rule(Case entry) =>
        PolicyAuditRules.For(Owner, (entry.State(TimeSpan.FromHours(20)) ?? AlertHistory.Sound(TimeSpan.Zero)).Spec).Single(rule => rule.Name == entry.Alert);

    private static PolicyAuditSchedule Status(TimeSpan ago, Func<PolicyAuditScheduleStatus, PolicyAuditScheduleStatus> change, string spec = "") =>
        AlertHistory.Sound(ago, spec) is var sound ? sound with { Status = change(sound.Status) } : null!;

    private static PolicyAuditSchedule Run(TimeSpan ago, Func<AuditRunStatus, AuditRunStatus> change) => Status(ago, status => status with { LastRun = change(status.LastRun!) });

    private static PolicyAuditScheduleStatus Scored(PolicyAuditScheduleStatus status, int score) => status with { Audit = status.Audit! with { Score = score } };

    private static PolicyAuditSchedule Ready(TimeSpan ago, bool ready) => Status(ago, status => status with
    {
        Conditions = [new Condition { Type = "Ready", Status = ready ? "True" : "False", Reason = ready ? "Succeeded" : "CredentialsMissing", LastTransitionTime = AlertHistory.Now - ago }],
    });
}
