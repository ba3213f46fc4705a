using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Tests.Alerting.LogsQl;
using static Comptroller.AuditPolicies.Tests.Alerting.AlertCases;
using static Comptroller.AuditPolicies.Tests.Alerting.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>The rules over the events, evaluated the way VictoriaLogs does.</summary>
public sealed partial class LogsQlRulesTests
{
    private static readonly AlertOptions Options = new() { Name = "audit", Namespace = "monitoring", Cluster = "infra" };

    public static TheoryData<string> Alerts => [.. LogsQlRules.For(Options).Select(rule => rule.Kind.Name)];

    [Theory]
    [MemberData(nameof(AlertCases.Indexes), MemberType = typeof(AlertCases))]
    public void An_alert_fires_on_what_it_is_about_and_on_nothing_else(int index)
    {
        var (alert, fires, because, events, _) = AlertCases.All[index];
        Query(alert, Options).Run(events, Now).Count.ShouldBe(fires ? 1 : 0, $"{alert}: {because}");
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Every_alert_has_a_case_that_fires_and_one_that_does_not(string alert) => AlertCases.ShouldCoverBothWays(alert, entry => entry.Fires);

    [Theory]
    [MemberData(nameof(Alerts))]
    public void A_rule_has_one_number_and_its_texts_name_only_labels_it_has(string alert)
    {
        var rule = LogsQlRules.For(Options).Single(candidate => candidate.Kind.Name == alert);
        var query = new LogQuery(rule.Expression);

        query.Results.Count.ShouldBe(1, "each number would become an alert of its own");
        query.Labels.ShouldAllBe(label => Label().IsMatch(label));
        // The operator binds Alertmanager configurations to their namespace by a label of that name.
        query.Labels.ShouldNotContain("namespace");
        query.Labels.ShouldNotContain("cluster", "the rule sets it itself, and vmalert would rename one of them");
        LabelReference().Matches(rule.Summary + rule.Description).Select(match => match.Groups["label"].Value).Distinct(StringComparer.Ordinal)
            .ShouldBeSubsetOf(query.Labels);
        rule.Summary.ShouldNotBeNullOrWhiteSpace();
        rule.Description.Length.ShouldBeGreaterThan(30);
        rule.Kind.Runbook.Length.ShouldBeGreaterThan(80);
        rule.Kind.Severity.ShouldBeOneOf("critical", "warning", "info");
    }

    [Fact]
    public void A_request_seen_at_two_stages_counts_once()
    {
        var started = Event("""{"stage": "ResponseStarted", "verb": "watch", "objectRef": {"resource": "secrets"}}""");
        var fields = new Dictionary<string, string>(started.Fields, StringComparer.Ordinal) { ["stage"] = "ResponseComplete" };
        var result = Query("AuditSecretReadByPerson", Options).Run([started, new Row(fields, started.Time)], Now);
        result.ShouldHaveSingleItem()["hits"].ShouldBe("1");
    }

    [Fact]
    public void A_result_names_who_and_where()
    {
        var row = Query("AuditSecretReadByPerson", Options).Run([Event(SecretRead)], Now).ShouldHaveSingleItem();
        row["user"].ShouldBe("jane@example.com");
        row["target_namespace"].ShouldBe("prod");
    }

    [Theory]
    [InlineData("jane@example.com")]
    [InlineData("o'neil\"} | delete")]
    [InlineData("back\\slash")]
    [InlineData("tab\tand\u0007bell")]
    [InlineData("üser (eu), \")")]
    public void An_allowed_user_is_exempt_whatever_the_name_looks_like(string name)
    {
        var options = Options with { SecretReaders = ["somebody", name] };
        var fields = new Dictionary<string, string>(Event(SecretRead).Fields, StringComparer.Ordinal) { ["user.username"] = name };
        var read = new Row(fields, Now.AddSeconds(-5));

        Query("AuditSecretReadByPerson", Options).Run([read], Now).Count.ShouldBe(1);
        Query("AuditSecretReadByPerson", options).Run([read], Now).ShouldBeEmpty();
        Query("AuditSecretReadByPerson", options).Run([Event(SecretRead)], Now).Count.ShouldBe(name == "jane@example.com" ? 0 : 1);
    }

    [Fact]
    public void Allow_lists_are_kept_apart()
    {
        var options = Options with { RoleEditors = ["jane@example.com"], SessionUsers = ["jane@example.com"], Impersonators = ["jane@example.com"], ControlEditors = ["jane@example.com"] };
        Query("AuditSecretReadByPerson", options).Run([Event(SecretRead)], Now).Count.ShouldBe(1);
        Query("AuditRbacChanged", options).Run([Event("""{"verb": "update", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")], Now).ShouldBeEmpty();
        Query("AuditInteractiveAccess", options).Run([Event("""{"objectRef": {"subresource": "portforward"}}""")], Now).ShouldBeEmpty();
        Query("AuditImpersonation", options).Run([Event("""{"impersonatedUser": {"username": "admin"}}""")], Now).ShouldBeEmpty();
        Query("AuditControlsChanged", options).Run([Event("""{"verb": "delete", "objectRef": {"apiGroup": "admissionregistration.k8s.io", "resource": "x"}}""")], Now).ShouldBeEmpty();
    }

    [Fact]
    public void The_operator_is_who_it_says_and_nobody_else()
    {
        var write = Event("""{"verb": "patch", "user": {"username": "system:serviceaccount:tools:reporter"}, "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "monitoring", "name": "audit"}}""");
        var options = Options with { OperatorUser = "system:serviceaccount:tools:reporter" };
        Query("AuditControlsChanged", options).Run([write], Now).ShouldBeEmpty();
        Query("AuditControlsChanged", Options).Run([write], Now).Count.ShouldBe(1);
    }

    [Fact]
    public void A_short_interval_leaves_the_window_for_what_arrives_when_Fluent_Bit_tries_again()
    {
        var frequent = Options with { Interval = TimeSpan.FromSeconds(10) };
        var cap = (int)PromQlRulesTests.Configuration(Options)["service"]!["scheduler.cap"]!;
        frequent.EventWindow.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2 * cap));
        Query("AuditSecretReadByPerson", frequent).Run([Event(SecretRead, seconds: 2 * cap - 5)], Now).Count.ShouldBe(1);
    }

    [Fact]
    public void A_long_interval_widens_the_windows_so_that_nothing_falls_between_two_evaluations()
    {
        var hourly = Options with { Interval = TimeSpan.FromHours(1) };
        hourly.Check().ShouldBeEmpty();
        Query("AuditSecretReadByPerson", hourly).Run([Event(SecretRead, seconds: 5000)], Now).Count.ShouldBe(1);
        Query("AuditPipelineSilent", hourly).Run([Event("{}", seconds: 5000)], Now).ShouldBeEmpty();
    }

    [Fact]
    public void Options_that_cannot_be_rendered_are_named()
    {
        var options = Options with
        {
            Cluster = "in fra",
            SecretReaders = ["a", ""],
            Interval = TimeSpan.FromSeconds(1),
            Thresholds = new AlertThresholds { FailurePercent = 150, VolumeFactor = 1, SilentAfter = TimeSpan.FromDays(9) },
            Disabled = ["AuditNothing"],
            RunbookBase = new Uri("ftp://wiki"),
            Impersonators = [""],
            AlertLabels = Options.AlertLabels.Add("namespace", "x"),
        };
        options.Check().Select(error => error.Field).ShouldBe(
        [
            "cluster", "alertLabels.namespace", "secretReaders[1]", "impersonators[0]", "interval", "thresholds.silentAfter", "thresholds.failurePercent", "thresholds.volumeFactor",
            "disabled", "runbookBase",
        ]);
        Should.Throw<OptionException>(() => VmRule.Render(options)).Errors.Length.ShouldBe(10);
    }

    [Fact]
    public void Thresholds_are_those_that_were_set()
    {
        var options = Options with { Thresholds = new AlertThresholds { ForbiddenRequests = 2, SilentAfter = TimeSpan.FromHours(2), FailureMinimum = 3, FailurePercent = 50, VolumeFactor = 2, VolumeMinimum = 5 } };
        var refused = Times(3, """{"responseStatus": {"code": 403}}""").ToList();
        Query("AuditForbiddenBurst", options).Run(refused, Now).Count.ShouldBe(1);
        Query("AuditForbiddenBurst", Options).Run(refused, Now).ShouldBeEmpty();
        Query("AuditFailureRatio", options).Run([.. refused, Event("{}")], Now).Count.ShouldBe(1);
        Query("AuditFailureRatio", options).Run([.. refused, .. Times(3, "{}")], Now).ShouldBeEmpty();
        Query("AuditPipelineSilent", options).Run([Event("{}", seconds: 7000)], Now).ShouldBeEmpty();
        Query("AuditVolumeAnomaly", options).Run([.. Hour(5), .. Spread(11, 0, 290)], Now).Count.ShouldBe(1);
    }

    [Fact]
    public void What_is_disabled_is_not_rendered_and_the_kinds_are_all_there_is()
    {
        LogsQlRules.For(Options).Select(rule => rule.Kind).ShouldBe(AlertKind.All);
        LogsQlRules.For(Options with { Disabled = ["AuditRbacChanged"] }).Select(rule => rule.Kind).ShouldBe(AlertKind.All.Except([AlertKind.RbacChanged]));
    }

    [Fact]
    public void A_rule_says_what_to_do_and_where_it_is_written()
    {
        var annotations = VmRule.Render(Options with { RunbookBase = new Uri("https://wiki.example/audit") })["spec"]!["groups"]![0]!["rules"]![2]!["annotations"]!;
        ((string)annotations["runbook_url"]!).ShouldBe("https://wiki.example/audit#auditrbacchanged");
        ((string)annotations["runbook"]!).ShouldBe(AlertKind.RbacChanged.Runbook);
        VmRule.Render(Options)["spec"]!["groups"]![0]!["rules"]![2]!["annotations"]!.AsObject().ContainsKey("runbook_url").ShouldBeFalse();
    }

    private static LogQuery Query(string alert, AlertOptions options) =>
        new(LogsQlRules.For(options).Single(rule => rule.Kind.Name == alert).Expression);

    [GeneratedRegex(@"\A[a-z_]+\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\$labels\.(?<label>[a-z_]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelReference();
}
