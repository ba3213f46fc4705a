using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Tests.LogsQl;
using static Comptroller.AuditPolicies.Tests.LogsQl.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Rendering;

/// <summary>Every alert must be able to fire, and must not fire otherwise.</summary>
public sealed partial class AlertRulesTests
{
    private const string SecretRead = """{"objectRef": {"resource": "secrets"}}""";

    private static readonly AlertOptions Options = new() { Name = "audit", Namespace = "monitoring", Cluster = "infra" };

    // Alert, whether it fires, events (each: how many, JSON merged over a successful request by a person).
    private static readonly (string Alert, bool Fires, string Because, Row[] Events)[] Cases =
    [
        ("AuditSecretReadByPerson", true, "a person read a secret", [Event(SecretRead)]),
        ("AuditSecretReadByPerson", true, "a watch of secrets began and goes on", [Event("""{"stage": "ResponseStarted", "verb": "watch", "objectRef": {"resource": "secrets", "namespace": null, "name": null}}""")]),
        ("AuditSecretReadByPerson", false, "the read was refused", [Event("""{"objectRef": {"resource": "secrets"}, "responseStatus": {"code": 403}}""")]),
        ("AuditSecretReadByPerson", false, "it was a write", [Event("""{"verb": "update", "objectRef": {"resource": "secrets"}}""")]),
        ("AuditSecretReadByPerson", false, "another resource was read", [Event("{}")]),
        ("AuditSecretReadByPerson", false, "a node read it", [Event("""{"user": {"username": "system:node:worker-1"}, "objectRef": {"resource": "secrets"}}""")]),
        ("AuditSecretReadByPerson", false, "it only arrived yet", [Event("""{"stage": "RequestReceived", "objectRef": {"resource": "secrets"}, "responseStatus": null}""")]),
        ("AuditSecretReadByPerson", false, "it was long ago", [Event(SecretRead, seconds: 600)]),
        ("AuditSecretReadByPerson", false, "it was in another cluster", [Event(SecretRead, cluster: "apps")]),
        ("AuditSecretReadByServiceAccount", true, "a service account outside the list read a secret", [Event("""{"user": {"username": "system:serviceaccount:shop:web"}, "objectRef": {"resource": "secrets"}}""")]),
        ("AuditSecretReadByServiceAccount", true, "so did one in kube-system", [Event("""{"user": {"username": "system:serviceaccount:kube-system:cilium"}, "objectRef": {"resource": "secrets"}}""")]),
        ("AuditSecretReadByServiceAccount", false, "the garbage collector did its work", [Event("""{"user": {"username": "system:serviceaccount:kube-system:generic-garbage-collector"}, "verb": "list", "objectRef": {"resource": "secrets"}}""")]),
        ("AuditSecretReadByServiceAccount", false, "a person did", [Event(SecretRead)]),
        ("AuditRbacChanged", true, "a binding was made", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterrolebindings"}, "responseStatus": {"code": 201}}""")]),
        ("AuditRbacChanged", true, "all roles were deleted at once", [Event("""{"verb": "deletecollection", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")]),
        ("AuditRbacChanged", false, "it was only read", [Event("""{"objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")]),
        ("AuditRbacChanged", false, "it was refused", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}, "responseStatus": {"code": 403}}""")]),
        ("AuditRbacChanged", false, "the server aggregated roles", [Event("""{"verb": "patch", "user": {"username": "system:serviceaccount:kube-system:clusterrole-aggregation-controller"}, "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}}""")]),
        ("AuditInteractiveAccess", true, "an exec session began", [Event("""{"stage": "ResponseStarted", "verb": "create", "objectRef": {"subresource": "exec"}, "responseStatus": {"code": 101}}""")]),
        ("AuditInteractiveAccess", true, "a debug container was added", [Event("""{"verb": "patch", "objectRef": {"subresource": "ephemeralcontainers"}}""")]),
        ("AuditInteractiveAccess", false, "logs were read", [Event("""{"objectRef": {"subresource": "log"}}""")]),
        ("AuditInteractiveAccess", false, "a bad token asked for exec", [Event("""{"stage": "ResponseStarted", "user": null, "objectRef": {"subresource": "exec"}, "responseStatus": {"code": 401}}""")]),
        ("AuditAnonymousAllowed", true, "an anonymous request was answered", [Event("""{"user": {"username": "system:anonymous"}}""")]),
        ("AuditAnonymousAllowed", false, "it was refused", [Event("""{"user": {"username": "system:anonymous"}, "responseStatus": {"code": 403}}""")]),
        ("AuditAnonymousAllowed", false, "it was a health probe", [Event("""{"user": {"username": "system:anonymous"}, "objectRef": null}""")]),
        ("AuditAuthenticationFailures", true, "eleven bad logins from one address", [.. Times(11, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        ("AuditAuthenticationFailures", false, "ten", [.. Times(10, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        ("AuditAuthenticationFailures", false, "eleven from as many addresses", [.. Enumerable.Range(0, 11).Select(i => Event($$"""{"sourceIPs": ["10.0.0.{{i}}"], "stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401} }"""))]),
        ("AuditForbiddenBurst", true, "one user was refused eleven times", [.. Times(11, """{"responseStatus": {"code": 403}}""")]),
        ("AuditForbiddenBurst", false, "ten times", [.. Times(10, """{"responseStatus": {"code": 403}}""")]),
        ("AuditForbiddenBurst", false, "things were not found", [.. Times(50, """{"responseStatus": {"code": 404}}""")]),
        ("AuditFailureRatio", true, "one in five requests failed", [.. Times(200, "{}"), .. Times(50, """{"responseStatus": {"code": 503}}""")]),
        ("AuditFailureRatio", true, "tokens expired everywhere", [.. Times(200, "{}"), .. Times(50, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        ("AuditFailureRatio", false, "conflicts and missing objects are everyday", [.. Times(200, "{}"), .. Times(100, """{"responseStatus": {"code": 409}}"""), .. Times(100, """{"responseStatus": {"code": 404}}""")]),
        ("AuditFailureRatio", false, "there is too little to judge", [.. Times(50, "{}"), .. Times(50, """{"responseStatus": {"code": 500}}""")]),
        ("AuditFailureRatio", false, "one in a hundred failed", [.. Times(300, "{}"), .. Times(3, """{"responseStatus": {"code": 500}}""")]),
        ("AuditFailureRatio", false, "nothing happened at all", []),
        ("AuditPipelineSilent", true, "nothing came", []),
        ("AuditPipelineSilent", true, "only another cluster sent", [Event("{}", cluster: "apps")]),
        ("AuditPipelineSilent", true, "the last event is old", [Event("{}", seconds: 700)]),
        ("AuditPipelineSilent", false, "one event came", [Event("{}", seconds: 500)]),
    ];

    public static TheoryData<int> CaseIndexes => [.. Enumerable.Range(0, Cases.Length)];

    public static TheoryData<string> Alerts => [.. AlertRules.For(Options).Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(CaseIndexes))]
    public void An_alert_fires_on_what_it_is_about_and_on_nothing_else(int index)
    {
        var (alert, fires, because, events) = Cases[index];
        Query(alert, Options).Run(events, Now).Count.ShouldBe(fires ? 1 : 0, $"{alert}: {because}");
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Every_alert_has_a_case_that_fires_and_one_that_does_not(string alert)
    {
        Cases.ShouldContain(entry => entry.Alert == alert && entry.Fires);
        Cases.ShouldContain(entry => entry.Alert == alert && !entry.Fires);
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void A_rule_has_one_number_and_its_texts_name_only_labels_it_has(string alert)
    {
        var rule = AlertRules.For(Options).Single(candidate => candidate.Name == alert);
        var query = new LogQuery(rule.Expression);

        query.Results.Count.ShouldBe(1, "each number would become an alert of its own");
        query.Labels.ShouldAllBe(label => Label().IsMatch(label));
        // The operator binds Alertmanager configurations to their namespace by a label of that name.
        query.Labels.ShouldNotContain("namespace");
        query.Labels.ShouldNotContain("cluster", "the rule sets it itself, and vmalert would rename one of them");
        LabelReference().Matches(rule.Summary + rule.Description).Select(match => match.Groups["label"].Value).Distinct(StringComparer.Ordinal)
            .ShouldBeSubsetOf(query.Labels);
        rule.Summary.ShouldNotBeNullOrWhiteSpace();
        rule.Description.Length.ShouldBeGreaterThan(80);
        rule.Severity.ShouldBeOneOf("critical", "warning", "info");
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
        var options = Options with { RoleEditors = ["jane@example.com"], SessionUsers = ["jane@example.com"] };
        Query("AuditSecretReadByPerson", options).Run([Event(SecretRead)], Now).Count.ShouldBe(1);
        Query("AuditRbacChanged", options).Run([Event("""{"verb": "update", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")], Now).ShouldBeEmpty();
        Query("AuditInteractiveAccess", options).Run([Event("""{"objectRef": {"subresource": "portforward"}}""")], Now).ShouldBeEmpty();
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
            FailureRatio = 1.5,
            AlertLabels = Options.AlertLabels.Add("namespace", "x"),
        };
        options.Check().Select(error => error.Field).ShouldBe(["cluster", "alertLabels.namespace", "secretReaders[1]", "interval", "failureRatio"]);
        Should.Throw<OptionException>(() => VmRule.Render(options)).Errors.Length.ShouldBe(5);
    }

    private static LogQuery Query(string alert, AlertOptions options) =>
        new(AlertRules.For(options).Single(rule => rule.Name == alert).Expression);

    [GeneratedRegex(@"\A[a-z_]+\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\$labels\.(?<label>[a-z_]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelReference();
}
