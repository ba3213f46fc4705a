using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Compliance;

namespace Comptroller.AuditPolicies.Tests.Linting;

public sealed class AlertLintsTests
{
    private const string CatchAll = """{"level": "Metadata"}""";
    private const string OnlyStarts = """[{"level": "Metadata", "omitStages": ["ResponseComplete"]}]""";
    private const string OnlyEnds = """[{"level": "Metadata", "omitStages": ["ResponseStarted"]}]""";

    [Theory]
    [InlineData("AuditSecretReadByPerson", """[{"level": "Metadata", "users": ["jane"], "resources": [{"group": "", "resources": ["secrets"]}]}]""",
        """[{"level": "Metadata", "userGroups": ["system:serviceaccounts"]}, {"level": "None", "resources": [{"group": "", "resources": ["secrets"]}]}, {"level": "Metadata"}]""")]
    [InlineData("AuditSecretReadByPerson", """[{"level": "Metadata", "users": ["system:admin"], "verbs": ["get"]}]""", """[{"level": "Metadata", "users": ["system:node:a"], "verbs": ["get"]}]""")]
    [InlineData("AuditSecretReadByServiceAccount", """[{"level": "Metadata", "users": ["system:serviceaccount:shop:web"], "verbs": ["list"]}]""",
        """[{"level": "None", "userGroups": ["system:serviceaccounts"]}, {"level": "Metadata"}]""")]
    [InlineData("AuditRbacChanged", """[{"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "rbac.authorization.k8s.io", "resources": ["roles"]}], "namespaces": ["prod"]}]""",
        """[{"level": "None", "resources": [{"group": "rbac.authorization.k8s.io"}]}, {"level": "RequestResponse"}]""")]
    [InlineData("AuditRbacChanged", OnlyEnds, OnlyStarts)]
    [InlineData("AuditEscalationGranted", """[{"level": "Request", "verbs": ["patch"], "resources": [{"group": "rbac.authorization.k8s.io", "resources": ["clusterroles"]}]}]""",
        """[{"level": "Metadata", "resources": [{"group": "rbac.authorization.k8s.io"}]}, {"level": "RequestResponse"}]""")]
    [InlineData("AuditEscalationGranted", """[{"level": "Request"}]""", """[{"level": "Request", "verbs": ["delete"]}, {"level": "Metadata"}]""")]
    [InlineData("AuditEscalationAttempted", $"[{CatchAll}]", """[{"level": "None"}]""")]
    [InlineData("AuditImpersonation", """[{"level": "Metadata", "users": ["proxy"]}]""", """[{"level": "Metadata", "omitStages": ["ResponseStarted", "ResponseComplete"]}]""")]
    [InlineData("AuditInteractiveAccess", """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods/exec"]}]}]""",
        """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods", "pods/log"]}]}]""")]
    [InlineData("AuditInteractiveAccess", OnlyStarts, """[{"level": "None", "resources": [{"group": "", "resources": ["pods/*", "services/proxy", "nodes/*"]}]}, {"level": "Metadata"}]""")]
    [InlineData("AuditAnonymousAllowed", """[{"level": "Metadata", "userGroups": ["system:unauthenticated"]}]""", """[{"level": "Metadata", "userGroups": ["system:authenticated"]}]""")]
    [InlineData("AuditControlsChanged", """[{"level": "Metadata", "resources": [{"group": "apiregistration.k8s.io"}]}]""",
        """[{"level": "Metadata", "verbs": ["get", "list", "watch"]}]""")]
    [InlineData("AuditAuthenticationFailures", OnlyStarts, OnlyEnds)]
    [InlineData("AuditAuthenticationFailures", $"[{CatchAll}]", """[{"level": "Metadata", "userGroups": ["system:authenticated", "system:unauthenticated"]}]""")]
    [InlineData("AuditForbiddenBurst", $"[{CatchAll}]", """[{"level": "None", "verbs": ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]}, {"level": "Metadata"}]""")]
    [InlineData("AuditFailureRatio", OnlyEnds, """[{"level": "Metadata", "omitStages": ["ResponseStarted", "ResponseComplete"]}]""")]
    [InlineData("AuditVolumeAnomaly", OnlyEnds, OnlyStarts)]
    public void An_alert_needs_the_events_it_is_about(string alert, string feeding, string starving)
    {
        Findings(Policies.Of(feeding), alert).ShouldBeEmpty();
        Findings(Policies.Of(starving), alert).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            finding => finding.Message.ShouldStartWith($"{alert} can never fire: it needs "),
            finding => finding.Fix.ShouldContain("spec.alerts.disabled"));
    }

    [Theory]
    [InlineData($"[{CatchAll}]", Severity.Info)]
    [InlineData("""[{"level": "None", "resources": [{"group": "rbac.authorization.k8s.io"}]}, {"level": "Metadata"}]""", Severity.Warning)]
    public void A_policy_without_content_is_sound_though_it_starves_an_alert(string rules, Severity severity) =>
        Findings(Policies.Of(rules), "AuditEscalationGranted").ShouldHaveSingleItem().Severity.ShouldBe(severity);

    [Fact]
    public void Silence_can_always_be_told_and_every_other_alert_has_a_need()
    {
        var mute = Policies.Of("""[{"level": "None"}]""");

        Findings(mute, [.. AlertKind.All.Select(kind => kind.Name)]).Select(finding => finding.Message.Split(' ')[0])
            .ShouldBe(AlertKind.All.Select(kind => kind.Name).Except([AlertKind.PipelineSilent.Name]));
        Findings(mute, AlertKind.PipelineSilent.Name).ShouldBeEmpty();
        Findings(mute).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Minimal", "AuditEscalationGranted")]
    [InlineData("Baseline", null)]
    [InlineData("Strict", null)]
    [InlineData("Forensic", null)]
    public void Of_the_profiles_only_the_smallest_starves_an_alert(string profile, string? starved) =>
        Findings(Postures.OfProfile(profile).Policy, [.. AlertKind.All.Select(kind => kind.Name)])
            .Select(finding => finding.Message.Split(' ')[0]).ShouldBe(starved is null ? [] : [starved]);

    [Theory]
    [InlineData("ISO27001", "A.8.16")]
    [InlineData("NSA", "logs-monitored")]
    public void A_control_is_not_met_by_an_alert_that_cannot_fire(string standard, string control)
    {
        Postures.Judge(Postures.Sound(Policies.Of($"[{CatchAll}]")), standard, control).Result.ShouldBe(ControlResult.Pass);
        Postures.Judge(Postures.Sound(Policies.Of(OnlyEnds)), standard, control).ShouldSatisfyAllConditions(
            judgement => judgement.Result.ShouldBe(ControlResult.Fail),
            judgement => judgement.Reason.ShouldContain("AuditAuthenticationFailures can never fire"));
    }

    private static IEnumerable<Finding> Findings(Policy policy, params string[] alerts) =>
        PolicyLinter.Lint(new LintContext(policy) { Alerts = [.. alerts] }).Where(finding => finding.Id == "alert-cannot-fire");
}
