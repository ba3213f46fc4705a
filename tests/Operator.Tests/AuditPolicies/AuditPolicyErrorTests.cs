using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>What cannot be rendered is refused with the index of the rule and the field, because that is all a user sees.</summary>
public sealed class AuditPolicyErrorTests
{
    private const string Forwarding = "forwarding: {cluster: test, victoriaLogs: {endpoint: \"http://logs.example:9428\"}}";

    [Theory]
    [InlineData("rules: [{level: Metadata}, {level: None, nonResourceURLs: [/x], resources: [{group: apps}]}]", "spec.rules[1].nonResourceURLs", "cannot apply to both")]
    [InlineData("rules: [{level: None, nonResourceURLs: [/a*b]}]", "spec.rules[0].nonResourceURLs[0]", "final character")]
    [InlineData("rules: [{level: None, nonResourceURLs: [healthz]}]", "spec.rules[0].nonResourceURLs[0]", "must begin with a '/'")]
    [InlineData("rules: [{level: Metadata, resources: [{group: Apps/v1}]}]", "spec.rules[0].resources.group", "Apps/v1")]
    [InlineData("rules: [{level: Metadata}, {level: Metadata}, {level: Metadata, resources: [{group: \"\", resourceNames: [a]}]}]", "spec.rules[2].resources.resourceNames", "requires at least one resource")]
    [InlineData("rules: [{level: metadata}]", "spec.rules[0].level", "Unsupported value")]
    [InlineData("rules: [{users: [a]}]", "spec.rules[0].level", "Required value")]
    [InlineData("rules: [{level: None, omitStages: [Received]}]", "spec.rules[0].omitStages[0]", "allowed stages are")]
    [InlineData("{omitStages: [Received], rules: [{level: None}]}", "spec.omitStages[0]", "allowed stages are")]
    [InlineData("rules: []", "spec", "rules")]
    public void A_policy_that_kube_apiserver_would_not_load_is_refused(string spec, string field, string problem) => ShouldBeRefused(spec, field, problem);

    [Theory]
    [InlineData("\"1.35\"", "1.36")]
    [InlineData("\"1.30\"", "1.36")]
    public void Group_asterisk_is_refused_for_a_target_that_does_not_know_it(string version, string problem) =>
        ShouldBeRefused($"{{kubernetesVersion: {version}, rules: [{{level: None}}, {{level: None, resources: [{{group: \"*\"}}]}}]}}", "spec.rules[1].resources", problem);

    [Fact]
    public void Group_asterisk_is_refused_while_the_target_is_not_stated() =>
        ShouldBeRefused("rules: [{level: None}, {level: None, resources: [{group: \"*\"}]}]", "spec.rules[1].resources.group", "spec.kubernetesVersion");

    [Theory]
    [InlineData("1.36")]
    [InlineData("1.37")]
    public void Group_asterisk_is_rendered_for_a_target_that_knows_it(string version) =>
        AuditPolicyPlan.Make(Specs.Of($"{{kubernetesVersion: \"{version}\", rules: [{{level: None, resources: [{{group: \"*\"}}]}}]}}")).Errors.ShouldBeEmpty();

    [Theory]
    [InlineData("{alerts: {interval: soon}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.interval", "soon")]
    [InlineData("{alerts: {interval: 1s}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.interval", "10 seconds")]
    [InlineData("{alerts: {evalDelay: 2h}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.evalDelay", "one hour")]
    [InlineData("{alerts: {thresholds: {silentAfter: soon}}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.thresholds.silentAfter", "soon")]
    [InlineData("{alerts: {thresholds: {volumeFactor: 1}}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.thresholds.volumeFactor", "between 2 and 1000")]
    [InlineData("{alerts: {disabled: [AuditNothing]}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.disabled", "AuditRbacChanged")]
    [InlineData("{interval: ten minutes, rules: [{level: Metadata}]}", "spec.interval", "ten minutes")]
    [InlineData("{interval: -1m, rules: [{level: Metadata}]}", "spec.interval", "-1m")]
    [InlineData("{retryInterval: \"5\", rules: [{level: Metadata}]}", "spec.retryInterval", "5")]
    [InlineData("{alerts: {secretReaders: [\"\"]}, " + Forwarding + ", rules: [{level: Metadata}]}", "spec.alerts.secretReaders[0]", "must not be empty")]
    [InlineData("{forwarding: {cluster: a b, victoriaLogs: {endpoint: \"http://logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.cluster", "a b")]
    [InlineData("{forwarding: {cluster: a, victoriaLogs: {endpoint: \"logs:9428\"}}, rules: [{level: Metadata}]}", "spec.forwarding.victoriaLogs.endpoint", "http or https")]
    [InlineData("{forwarding: {cluster: a, victoriaLogs: {endpoint: not an address}}, rules: [{level: Metadata}]}", "spec.forwarding.victoriaLogs.endpoint", "http or https")]
    [InlineData("{forwarding: {cluster: a, victoriaLogs: {endpoint: \"https://u:p@logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.victoriaLogs.endpoint", "must not hold a user")]
    [InlineData("{forwarding: {cluster: a, fluentBit: {bufferLimit: lots}, victoriaLogs: {endpoint: \"http://logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.fluentBit.bufferLimit", "not a size")]
    [InlineData("{forwarding: {cluster: a}, rules: [{level: Metadata}]}", "spec.forwarding", "victoriaLogs, loki, elasticsearch, openTelemetry or s3")]
    [InlineData("{forwarding: {cluster: a, s3: {bucket: abc, region: r}}, alerts: {language: LogsQL}, rules: [{level: Metadata}]}", "spec.alerts.enabled", "spec.alerts.language")]
    [InlineData("{forwarding: {cluster: a, s3: {bucket: abc, region: r}}, alerts: {}, rules: [{level: Metadata}]}", "spec.alerts.enabled", "spec.forwarding.victoriaLogs")]
    [InlineData("{forwarding: {cluster: a, loki: {endpoint: \"http://logs\", basicAuth: {username: u, passwordSecretRef: {name: s, key: k}}}}, rules: [{level: Metadata}]}", "spec.forwarding.loki.endpoint", "in the clear")]
    [InlineData("{forwarding: {cluster: a, loki: {endpoint: \"http://logs\"}, redaction: {annotations: [\"${X}\"]}}, rules: [{level: Metadata}]}", "spec.forwarding.redaction.annotations[0]", "must be a key")]
    [InlineData("{forwarding: {cluster: a, fluentBit: {logPath: /var/log/audit.log}, victoriaLogs: {endpoint: \"http://logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.fluentBit.logPath", "the directory of the audit log with Talos")]
    [InlineData("{targets: {talos: {}, rke2: {}}, forwarding: {cluster: a, fluentBit: {logPath: /var/log/audit/kube/x.log}, victoriaLogs: {endpoint: \"http://logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.fluentBit.logPath", "leave it out for /var/lib/rancher/rke2/server/logs/audit.log")]
    [InlineData("{forwarding: {cluster: a, fluentBit: {logPath: /var/log/*.log}, victoriaLogs: {endpoint: \"http://logs\"}}, rules: [{level: Metadata}]}", "spec.forwarding.fluentBit.logPath", "without wildcard")]
    public void A_value_that_cannot_be_rendered_is_refused(string spec, string field, string problem) => ShouldBeRefused(spec, field, problem);

    [Fact]
    public void A_name_that_leaves_no_room_for_the_rendered_names_is_refused()
    {
        AuditPolicyPlan.Make(Specs.Of(Specs.Sound, new string('a', AuditPolicyPlan.LongestName))).Errors.ShouldBeEmpty();
        var error = AuditPolicyPlan.Make(Specs.Of(Specs.Sound, new string('a', AuditPolicyPlan.LongestName + 1))).Errors.ShouldHaveSingleItem();
        error.ShouldStartWith("metadata.name: ");
        error.ShouldContain($"{AuditPolicyPlan.LongestName}");
    }

    [Fact]
    public void The_longest_name_fits_into_the_names_of_what_is_rendered() =>
        AuditPolicyPlan.Make(Specs.Of(Specs.Sound, new string('a', AuditPolicyPlan.LongestName))).Objects
            .Select(item => ((string)item.Body["metadata"]!["name"]!).Length).ShouldAllBe(length => length <= 253);

    [Fact]
    public void Every_error_is_named_and_an_error_renders_nothing()
    {
        var plan = AuditPolicyPlan.Make(Specs.Of("{interval: x, rules: [{level: a}, {level: Metadata}, {level: b}], forwarding: {cluster: \"-\", victoriaLogs: {endpoint: \"http://logs\"}}}"));

        plan.Errors.Length.ShouldBe(4);
        plan.Errors.Distinct().Count().ShouldBe(4);
        plan.Objects.ShouldBeEmpty();
        plan.Findings.ShouldBeEmpty();
    }

    private static void ShouldBeRefused(string spec, string field, string problem)
    {
        var plan = AuditPolicyPlan.Make(Specs.Of(spec));

        var error = plan.Errors.ShouldHaveSingleItem();
        error.ShouldStartWith($"{field}");
        error.ShouldContain(problem);
        plan.Objects.ShouldBeEmpty();
    }
}
