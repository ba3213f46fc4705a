using System.Collections.Immutable;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.AuditPolicies.Rendering.Targets;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies.Delivery;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>What one AuditPolicy comes to: the objects to apply and what is worth saying about it, or why it cannot be rendered. Pure.</summary>
internal sealed record AuditPolicyPlan
{
    /// <summary>The names of rendered objects are the resource's with a suffix, and a name has 253 characters at most.</summary>
    public const int LongestName = 253 - 20;

    /// <summary>Why nothing may be rendered, each naming its field; empty when the plan holds.</summary>
    public ImmutableArray<string> Errors { get; private init; } = [];

    /// <summary>What the API server would load; null when there are errors.</summary>
    public Policy? Policy { get; private init; }

    /// <summary>Worst first. None when there are errors: a policy that does not load cannot be judged.</summary>
    public ImmutableArray<Finding> Findings { get; private init; } = [];

    /// <summary>SHA-256 of the policy, hexadecimal; empty when there are errors.</summary>
    public string PolicyHash { get; private init; } = "";

    public int RuleCount { get; private init; }

    /// <summary>What the policy would cost; null when the spec does not ask.</summary>
    public EstimateStatus? Estimate { get; private init; }

    /// <summary>Which rules these are and whose; null when there are errors.</summary>
    public RuleSelection? Rules { get; private init; }

    /// <summary>How long until everything is compared again.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long until something that is in the way is looked at again.</summary>
    public TimeSpan RetryInterval { get; private init; }

    /// <summary>ConfigMap with the Talos machine-config patches; null when Talos is no target. So with the other targets.</summary>
    public DesiredObject? TalosPatch { get; private init; }

    /// <summary>ConfigMap with policy and ClusterConfiguration.</summary>
    public DesiredObject? Kubeadm { get; private init; }

    /// <summary>ConfigMap with policy and drop-in configuration.</summary>
    public DesiredObject? K3s { get; private init; }

    /// <summary>ConfigMap with policy and drop-in configuration.</summary>
    public DesiredObject? Rke2 { get; private init; }

    /// <summary>ConfigMap with the Fluent Bit configuration; null when nothing is shipped.</summary>
    public DesiredObject? FluentBit { get; private init; }

    /// <summary>VMRule; null when there are no alerts.</summary>
    public DesiredObject? Alerts { get; private init; }

    /// <summary>What the standards say to all this; null when none is asked.</summary>
    public ComplianceReport? Report { get; private init; }

    /// <summary>ConfigMap with <see cref="Report"/>; null with it.</summary>
    public DesiredObject? Compliance { get; private init; }

    /// <summary><see cref="Report"/> in the kinds of others, which may not be served.</summary>
    public ImmutableArray<DesiredObject> Reports { get; private init; } = [];

    /// <summary>In the order in which they are applied.</summary>
    public IEnumerable<DesiredObject> Objects => new[] { TalosPatch, Kubeadm, K3s, Rke2, FluentBit, Alerts, Compliance }.OfType<DesiredObject>().Concat(Reports);

    /// <summary>Whose rule a finding is about; null when it is about the policy as a whole.</summary>
    public RuleOrigin? Origin(Finding finding) => finding.RuleIndex is { } rule ? Rules?.Origin(rule) : null;

    /// <summary>The plan of one resource, offline or in the operator.</summary>
    /// <param name="resource">The resource with its defaults.</param>
    /// <param name="operatorUser">Who will write what is rendered.</param>
    public static AuditPolicyPlan Make(AuditPolicy resource, string operatorUser = AlertOptions.DefaultOperatorUser)
    {
        var (metadata, spec) = (resource.Metadata, resource.Spec);
        var rules = RuleSelection.Of(spec);
        var loaded = rules.Errors.IsEmpty ? PolicyLoader.Load(AuditPolicyOptions.PolicyDocument(spec, rules), UnknownFields.Reject) : new PolicyLoadResult();
        var target = KubernetesVersion.TryParse(spec.KubernetesVersion, out var version) ? version : (KubernetesVersion?)null;
        var interval = SpecDurations.Read(spec.Interval, "spec.interval");
        var retryInterval = SpecDurations.Read(spec.RetryInterval ?? spec.Interval, spec.RetryInterval is null ? "spec.interval" : "spec.retryInterval");
        var alerts = AuditPolicyOptions.Alerts(metadata, AuditPolicyObjects.AlertsName(metadata), spec, operatorUser);
        var shipping = ShippingOptions.Of(spec, alerts.Value is { Language: AlertLanguage.PromQl } counting ? PromQlRules.Counters(counting) : []);
        ImmutableArray<string> errors =
        [
            .. NameErrors(metadata.Name),
            .. new[] { interval.Error, retryInterval.Error }.OfType<string>().Distinct(),
            .. rules.Errors,
            .. loaded.Errors.Select(error => $"spec.{error}"),
            .. GateErrors(loaded.Policy, target),
            .. shipping.Errors,
            .. alerts.Errors.Except(shipping.Errors),
            .. shipping.Errors.IsEmpty ? DeliveryCheck.InquiryOf(spec).Errors : [],
        ];
        if (!errors.IsEmpty)
        {
            return new AuditPolicyPlan { Errors = errors };
        }

        var policy = loaded.Policy!;
        var log = AuditPolicyOptions.Log(spec, policy);
        var hash = Comptroller.AuditPolicies.Model.PolicyHash.Compute(policy);
        var report = spec.Compliance is { } compliance ? ComplianceReport.Of(ComplianceOptions.Posture(spec, policy, rules, alerts.Value), ComplianceOptions.Standards(compliance)) : null;
        return new AuditPolicyPlan
        {
            Policy = policy,
            Findings = PolicyLinter.Lint(new LintContext(policy) { Target = target, Log = log, ShipsToVictoriaLogs = AuditPolicyOptions.ShipsToVictoriaLogs(spec), Alerts = AuditPolicyOptions.AlertNames(alerts.Value) }),
            PolicyHash = hash,
            RuleCount = policy.Rules.Length,
            Estimate = AuditPolicyEstimate.Of(policy, spec),
            Rules = rules,
            Interval = interval.Value,
            RetryInterval = retryInterval.Value,
            TalosPatch = For(Distribution.Talos, source => TalosFiles.Render(policy, log, source)),
            Kubeadm = For(Distribution.Kubeadm, source => KubeadmFiles.Render(policy, log, LogPath(Distribution.Kubeadm), target, source)),
            K3s = For(Distribution.K3s, source => K3sFiles.Render(policy, log, LogPath(Distribution.K3s), source)),
            Rke2 = For(Distribution.Rke2, source => Rke2Files.Render(policy, log, LogPath(Distribution.Rke2), source)),
            FluentBit = shipping.Values.IsEmpty ? null : AuditPolicyObjects.FluentBit(metadata, shipping.Values, spec.Forwarding!.Formats),
            Alerts = alerts.Value is { } alerting ? AuditPolicyObjects.Alerts(alerting) : null,
            Report = report,
            Compliance = report is null ? null : AuditPolicyObjects.Report(metadata, report, hash),
            Reports = report is null ? [] : [.. AuditPolicyObjects.Reports(metadata, report, spec.Compliance!)],
        };

        DesiredObject? For(Distribution distribution, Func<TargetSource, ImmutableArray<TargetFile>> files) =>
            ShippingOptions.Distributions(spec.Targets).Contains(distribution)
                ? AuditPolicyObjects.Target(metadata, distribution, files(new TargetSource(metadata.Namespace, AuditPolicyObjects.TargetName(metadata, distribution))))
                : null;

        // What is shipped is what is written.
        string LogPath(Distribution distribution) => spec.Forwarding?.FluentBit.LogPath ?? distribution.LogPath;
    }

    /// <summary>What the API server would load, of a spec that was planned without errors before.</summary>
    public static Policy PolicyOf(AuditPolicySpec spec) => PolicyLoader.Load(AuditPolicyOptions.PolicyDocument(spec, RuleSelection.Of(spec)), UnknownFields.Reject).Policy!;

    /// <summary>How long until everything is compared again, of a spec that was planned without errors before.</summary>
    public static TimeSpan IntervalOf(AuditPolicySpec spec) => SpecDurations.Read(spec.Interval, "spec.interval").Value;

    private static IEnumerable<string> NameErrors(string name)
    {
        if (name.Length > LongestName)
        {
            yield return $"metadata.name: {name.Length} characters leave no room for the names of what is rendered; use at most {LongestName}";
        }
    }

    /// <summary>What the stated version would refuse of a policy that loads; null, of a policy that does not, has none.</summary>
    // Without a stated version only what every supported version accepts is let through: the price of a wrong guess is an API server that does not start.
    public static IEnumerable<string> GateErrors(Policy? policy, KubernetesVersion? target) =>
        policy is null ? []
        : target is { } known ? VersionGate.Check(policy, known).Select(error => $"spec.{error}")
        : VersionGate.RulesNamingAnyGroup(policy).Select(index =>
            $"spec.rules[{index}].resources.group: group \"*\" needs Kubernetes {VersionGate.AnyGroup} or newer; set spec.kubernetesVersion to say that the target is, or list the groups");
}
