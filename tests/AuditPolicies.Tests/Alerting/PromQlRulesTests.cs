using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;
using static Comptroller.AuditPolicies.Tests.Alerting.AlertCases;
using static Comptroller.AuditPolicies.Tests.Alerting.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>The rules over counters: events pass through the rendered Fluent Bit, its counters are scraped, and the rules are asked of them.</summary>
public sealed partial class PromQlRulesTests
{
    private static readonly AlertOptions Options = new() { Name = "audit", Namespace = "monitoring", Cluster = "infra", Language = AlertLanguage.PromQl };

    public static TheoryData<string> Alerts => [.. PromQlRules.For(Options).Select(rule => rule.Kind.Name)];

    [Theory]
    [MemberData(nameof(AlertCases.Indexes), MemberType = typeof(AlertCases))]
    public void An_alert_fires_on_what_it_is_about_and_on_nothing_else(int index)
    {
        var (alert, fires, because, events, promQl) = AlertCases.All[index];
        Fires(alert, Options, events).ShouldBe(promQl ?? fires ? 1 : 0, $"{alert}: {because}");
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Every_alert_has_a_case_that_fires_and_one_that_does_not(string alert) => ShouldCoverBothWays(alert, entry => entry.PromQl ?? entry.Fires);

    [Fact]
    public void The_second_event_is_seen_like_the_first()
    {
        Fires("AuditSecretReadByPerson", Options, [Event(SecretRead, seconds: 1800), Event(SecretRead)]).ShouldBe(1);
        Fires("AuditSecretReadByPerson", Options, [Event(SecretRead, seconds: 1800), Event(SecretRead, seconds: 900)]).ShouldBe(0);
    }

    [Fact]
    public void A_restart_of_Fluent_Bit_is_no_event_and_hides_none()
    {
        var counter = Counting.Scrape(Configuration(Options), [.. Enumerable.Range(0, 5).Select(_ => Event(SecretRead, seconds: 3000))], Now).Single(series => series.Metric.Contains("secret", StringComparison.Ordinal));
        Series Restarted(double afterwards) => counter with { Samples = [.. counter.Samples.Where(sample => sample.Time < Now.AddMinutes(-5)), new Sample(Now.AddSeconds(-30), afterwards), new Sample(Now.AddSeconds(-15), afterwards)] };

        var query = Query("AuditSecretReadByPerson", Options);
        query.Run([counter with { Samples = [.. counter.Samples.Where(sample => sample.Time < Now.AddMinutes(-5))] }], Now).ShouldBeEmpty();
        query.Run([Restarted(1)], Now).Count.ShouldBe(1);
    }

    [Fact]
    public void A_scrape_that_failed_is_no_event()
    {
        var counters = Counting.Scrape(Configuration(Options), [Event(SecretRead, seconds: 3000)], Now);
        var gap = counters.Select(series => series with { Samples = [.. series.Samples.Where(sample => sample.Time < Now.AddMinutes(-7) || sample.Time > Now.AddMinutes(-1))] }).ToList();
        Query("AuditSecretReadByPerson", Options).Run(gap, Now).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void A_rule_says_what_to_look_for_and_names_no_label_it_has_not(string alert)
    {
        var rule = PromQlRules.For(Options).Single(candidate => candidate.Kind.Name == alert);
        (rule.Summary + rule.Description).ShouldNotContain("$labels");
        rule.Summary.ShouldContain("infra");
        rule.Description.Length.ShouldBeGreaterThan(60);
    }

    [Fact]
    public void What_callers_write_is_no_label()
    {
        foreach (var counter in Configuration(Options)["pipeline"]!["filters"]!.AsArray().Where(filter => (string?)filter!["name"] == "log_to_metrics"))
        {
            counter!["add_label"]!.AsArray().Select(label => ((string)label!).Split(' ')[0]).ShouldBe(["cluster", "stage", "code"]);
        }
    }

    [Theory]
    [InlineData("jane@example.com")]
    [InlineData("o'neil\"} | delete")]
    [InlineData("back\\slash")]
    [InlineData("tab\tand\u0007bell")]
    [InlineData("üser (eu), ${HOME} $1")]
    public void An_allowed_user_is_exempt_whatever_the_name_looks_like_in_both_formats(string name)
    {
        var options = Options with { SecretReaders = ["somebody", name] };
        var fields = new Dictionary<string, string>(Event(SecretRead).Fields, StringComparer.Ordinal) { ["user.username"] = name };
        var read = new Row(fields, Now.AddSeconds(-30));

        Fires("AuditSecretReadByPerson", Options, [read]).ShouldBe(1);
        Fires("AuditSecretReadByPerson", options, [read]).ShouldBe(0);
        Fires("AuditSecretReadByPerson", options, [Event(SecretRead)]).ShouldBe(name == "jane@example.com" ? 0 : 1);

        var rendered = Configuration(options);
        var classic = ClassicFormat.Read(ClassicFormat.Main(rendered), ClassicFormat.Parsers(rendered));
        classic["pipeline"]!["filters"]![1]!.ToJsonString().ShouldNotContain("${");
        Query("AuditSecretReadByPerson", options).Run(Counting.Scrape(classic, [read], Now), Now).ShouldBeEmpty();
    }

    [Fact]
    public void Thresholds_are_those_that_were_set()
    {
        var options = Options with { Thresholds = new AlertThresholds { ForbiddenRequests = 2, SilentAfter = TimeSpan.FromHours(1), FailureMinimum = 3, FailurePercent = 50, VolumeFactor = 2, VolumeMinimum = 5 } };
        var refused = Times(3, """{"responseStatus": {"code": 403}}""").ToArray();
        Fires("AuditForbiddenBurst", options, refused).ShouldBe(1);
        Fires("AuditForbiddenBurst", Options, refused).ShouldBe(0);
        Fires("AuditFailureRatio", options, [.. refused, Event("{}")]).ShouldBe(1);
        Fires("AuditFailureRatio", options, [.. refused, .. Times(3, "{}")]).ShouldBe(0);
        Fires("AuditPipelineSilent", options, [Event("{}", seconds: 3000)]).ShouldBe(0);
        Fires("AuditVolumeAnomaly", options, [.. Hour(5), .. Spread(16, 0, 290)]).ShouldBe(1);
    }

    [Fact]
    public void The_operator_is_who_it_says_and_nobody_else()
    {
        var write = Event("""{"verb": "patch", "user": {"username": "system:serviceaccount:tools:reporter"}, "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "monitoring", "name": "audit"}}""");
        var options = Options with { OperatorUser = "system:serviceaccount:tools:reporter" };
        Fires("AuditControlsChanged", options, [write]).ShouldBe(0);
        Fires("AuditControlsChanged", Options, [write]).ShouldBe(1);
    }

    [Fact]
    public void The_kinds_are_those_of_the_other_language_and_what_is_disabled_is_neither_asked_nor_counted()
    {
        PromQlRules.For(Options).Select(rule => rule.Kind).ShouldBe(AlertKind.All);
        var fewer = Options with { Disabled = ["AuditRbacChanged"] };
        PromQlRules.For(fewer).Select(rule => rule.Kind).ShouldBe(AlertKind.All.Except([AlertKind.RbacChanged]));
        PromQlRules.Counters(fewer).ShouldNotContain(counter => counter.Name.Contains("rbac", StringComparison.Ordinal));
    }

    [Fact]
    public void Fluent_Bit_starts_with_the_counters_and_serves_them()
    {
        var configuration = Configuration(Options);
        FluentBitCheck.Check(configuration, []).ShouldBeEmpty();
        FluentBitCheck.Check(ClassicFormat.Read(ClassicFormat.Main(configuration), ClassicFormat.Parsers(configuration)), []).ShouldBeEmpty();
        PromQlRules.Counters(Options).ShouldAllBe(counter => MetricName().IsMatch(counter.Metric));

        configuration["pipeline"]!["outputs"]!.AsArray().RemoveAt(1);
        FluentBitCheck.Check(configuration, []).ShouldAllBe(fault => fault.Message.Contains("no prometheus_exporter", StringComparison.Ordinal));
        FluentBitCheck.Check(configuration, []).Length.ShouldBe(PromQlRules.Counters(Options).Length);
    }

    internal static System.Text.Json.Nodes.JsonObject Configuration(AlertOptions options) => FluentBitConfiguration.Render(new FluentBitOptions
    {
        Cluster = options.Cluster,
        Sinks = [new VictoriaLogsSink { Endpoint = new Uri("http://logs:9428") }],
        Counters = PromQlRules.Counters(options),
    });

    // The cluster that an event carries here is what its own Fluent Bit would stamp on it.
    private static int Fires(string alert, AlertOptions options, Row[] events) =>
        Query(alert, options).Run(Counting.Scrape(Configuration(options), events, Now), Now).Count;

    private static PromQuery Query(string alert, AlertOptions options) => new(PromQlRules.For(options).Single(rule => rule.Kind.Name == alert).Expression);

    [GeneratedRegex(@"\Akube_audit_[a-z_]+_total\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricName();
}
