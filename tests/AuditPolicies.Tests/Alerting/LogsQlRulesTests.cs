using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Tests.Alerting.LogsQl;
using static Comptroller.AuditPolicies.Tests.Alerting.LogsQl.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>Every alert must be able to fire, and must not fire otherwise.</summary>
public sealed partial class LogsQlRulesTests
{
    private const string SecretRead = """{"objectRef": {"resource": "secrets"}}""";

    private static readonly Row Sample = Event("{}");

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
        ("AuditFailureRatio", true, "callers are throttled", [.. Times(200, "{}"), .. Times(50, """{"responseStatus": {"code": 429}}""")]),
        ("AuditEscalationGranted", true, "a role got the verb escalate", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"verbs": ["get", "escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}]}}""")]),
        ("AuditEscalationGranted", true, "a role got everything", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}, "requestObject": {"rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}, "responseStatus": {"code": 201}}""")]),
        ("AuditEscalationGranted", true, "cluster-admin was bound", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}, "responseStatus": {"code": 201}}""")]),
        ("AuditEscalationGranted", false, "an operator's role got every verb on its own group", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}, "requestObject": {"rules": [{"verbs": ["*"], "apiGroups": ["cert-manager.io"], "resources": ["*"]}]}, "responseStatus": {"code": 201}}""")]),
        ("AuditEscalationGranted", false, "view was bound", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "view"}}, "responseStatus": {"code": 201}}""")]),
        ("AuditEscalationGranted", false, "it was refused", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"name": "cluster-admin"}}, "responseStatus": {"code": 403}}""")]),
        ("AuditEscalationAttempted", true, "more was granted than is held", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}, "responseStatus": {"code": 403, "message": "roles.rbac.authorization.k8s.io \"x\" is forbidden: user \"jane\" (groups=[\"dev\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"}}""")]),
        ("AuditEscalationAttempted", true, "impersonation was refused", [Event("""{"objectRef": {"resource": "users"}, "responseStatus": {"code": 403, "message": "users \"admin\" is forbidden: User \"jane@example.com\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"}}""")]),
        ("AuditEscalationAttempted", false, "an ordinary request was refused", [Event("""{"responseStatus": {"code": 403, "message": "pods is forbidden: User \"jane@example.com\" cannot list resource \"pods\""}}""")]),
        ("AuditImpersonation", true, "somebody acted as another", [Event("""{"impersonatedUser": {"username": "admin", "groups": ["system:masters"]}}""")]),
        ("AuditImpersonation", false, "nobody did", [Event("{}")]),
        ("AuditControlsChanged", true, "a webhook was removed", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "admissionregistration.k8s.io", "resource": "validatingwebhookconfigurations", "name": "policy"}}""")]),
        ("AuditControlsChanged", true, "the audit policy was changed", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "comptroller.dev", "resource": "auditpolicies", "name": "production"}}""")]),
        ("AuditControlsChanged", true, "these rules were deleted", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "name": "audit"}}""")]),
        ("AuditControlsChanged", true, "an API service was put in front", [Event("""{"verb": "create", "objectRef": {"apiGroup": "apiregistration.k8s.io", "resource": "apiservices", "name": "v1.apps"}, "responseStatus": {"code": 201}}""")]),
        ("AuditControlsChanged", false, "other rules were", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "name": "other"}}""")]),
        ("AuditControlsChanged", false, "the operator wrote a status", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "comptroller.dev", "resource": "auditpolicies", "subresource": "status", "name": "production"}}""")]),
        ("AuditControlsChanged", false, "the server registered a CRD", [Event("""{"verb": "create", "user": {"username": "system:apiserver"}, "objectRef": {"apiGroup": "apiregistration.k8s.io", "resource": "apiservices"}, "responseStatus": {"code": 201}}""")]),
        ("AuditControlsChanged", false, "webhooks were listed", [Event("""{"verb": "list", "objectRef": {"apiGroup": "admissionregistration.k8s.io", "resource": "validatingwebhookconfigurations"}}""")]),
        ("AuditVolumeAnomaly", true, "six times the usual", [.. Hour(500), .. Spread(3000, 0, 290)]),
        ("AuditVolumeAnomaly", true, "a tenth of the usual", [.. Hour(600), .. Spread(60, 0, 290)]),
        ("AuditVolumeAnomaly", false, "twice the usual", [.. Hour(500), .. Spread(1000, 0, 290)]),
        ("AuditVolumeAnomaly", false, "a quiet cluster got a little busier", [.. Hour(10), .. Spread(100, 0, 290)]),
        ("AuditVolumeAnomaly", false, "the cluster is younger than an hour", [.. Spread(1000, 300, 900), .. Spread(5000, 0, 290)]),
        ("AuditVolumeAnomaly", false, "nothing comes any more, which has its own alert", [.. Hour(500)]),
        ("AuditPipelineSilent", true, "nothing came", []),
        ("AuditPipelineSilent", true, "only another cluster sent", [Event("{}", cluster: "apps")]),
        ("AuditPipelineSilent", true, "the last event is old", [Event("{}", seconds: 700)]),
        ("AuditPipelineSilent", false, "one event came", [Event("{}", seconds: 500)]),
    ];

    /// <summary>The twelve windows before the last one, each with so many events.</summary>
    private static IEnumerable<Row> Hour(int each) => Enumerable.Range(1, 12).SelectMany(window => Spread(each, window * 300 + 5, window * 300 + 295));

    /// <summary>Events evenly over a span of ages in seconds.</summary>
    private static IEnumerable<Row> Spread(int count, int from, int to) =>
        Enumerable.Range(0, count).Select(index => new Row(Sample.Fields, Now.AddSeconds(-(from + (double)(to - from) * index / count))));

    public static TheoryData<int> CaseIndexes => [.. Enumerable.Range(0, Cases.Length)];

    public static TheoryData<string> Alerts => [.. LogsQlRules.For(Options).Select(rule => rule.Kind.Name)];

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
