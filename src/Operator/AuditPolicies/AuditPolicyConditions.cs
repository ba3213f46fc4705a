using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies.Delivery;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>
/// What an AuditPolicy says about itself, as functions from what was planned and what became of it. <c>Ready</c>, <c>Reconciling</c>,
/// <c>Stalled</c> and <c>Suspended</c> follow <see cref="Conditions"/>; the two types here are this kind's own.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>PolicySound</term><description>True/NoFindings, False/HarmfulRules (the policy loads, but loses events or leaks secrets). Normal-true; does not touch Ready.</description></item>
/// <item><term>AlertsInstalled</term><description>True/Applied, False/KindMissing (no VMRule CRD; Ready is False/DependencyNotReady until it appears), absent when no alerts are asked for.</description></item>
/// </list>
/// </remarks>
internal static class AuditPolicyConditions
{
    public const string PolicySound = "PolicySound";
    public const string AlertsInstalled = "AlertsInstalled";

    public const string NoFindings = "NoFindings";
    public const string HarmfulRules = "HarmfulRules";
    public const string Applied = "Applied";
    public const string KindMissing = "KindMissing";

    /// <summary>The status holds this many findings; `comptroller validate` prints all.</summary>
    private const int FindingsShown = 5;

    /// <summary>Everything was tried; each object has its result and none failed.</summary>
    public static AuditPolicyStatus Rendered(AuditPolicy resource, AuditPolicyPlan plan, ApplyReport report, DateTimeOffset now)
    {
        var generation = resource.Metadata.Generation;
        var missing = report.Of(ApplyAction.KindMissing).Where(result => !RenderedKinds.IsOptional(result.Type)).ToList();
        var conditions = Of(resource).Rendered(report, Summary(plan), generation, now);
        conditions = WithSoundness(conditions, plan, generation, now);
        conditions = plan.Alerts is null
            ? conditions.Without(AlertsInstalled)
            : missing.Count > 0
                ? conditions.With(AlertsInstalled, "False", KindMissing, "VMRule is not served: install the VictoriaMetrics operator's CRDs, or set spec.alerts.enabled to false", generation, now)
                : conditions.With(AlertsInstalled, "True", Applied, $"VMRule {plan.Alerts.Body["metadata"]!["name"]} is applied", generation, now);
        return new AuditPolicyStatus
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            PolicyHash = plan.PolicyHash,
            RuleCount = plan.RuleCount,
            Profile = plan.Rules?.Profile is { } profile ? new ProfileStatus { Name = profile.Name, Version = profile.Version } : null,
            Findings = FindingsOf(plan),
            Estimate = plan.Estimate,
            Rendered = new RenderedStatus
            {
                TalosPatch = NameOf(plan.TalosPatch),
                Kubeadm = NameOf(plan.Kubeadm),
                K3s = NameOf(plan.K3s),
                Rke2 = NameOf(plan.Rke2),
                FluentBit = NameOf(plan.FluentBit),
                Alerts = NameOf(plan.Alerts),
                Compliance = NameOf(plan.Compliance),
            },
            Compliance = plan.Report?.Standards.Select(ComplianceOptions.Status).ToList(),
            Inventory = report.Inventory,
            RenderedBy = OperatorBuild.Id,
            LastHandledReconcileAt = RequestedAt(resource),
        };
    }

    /// <summary>
    /// True when this build has rendered this very spec with success and has answered the last request to reconcile: planning again
    /// would come to the same objects and the same status, because both are functions of these alone.
    /// </summary>
    public static bool AreCurrent(AuditPolicy resource) =>
        resource.Status.RenderedBy == OperatorBuild.Id
        && resource.Status.LastHandledReconcileAt == RequestedAt(resource)
        && Of(resource) is { ObservedGeneration: var judged } conditions && judged == resource.Metadata.Generation
        && conditions.IsTrue(Conditions.Ready) && conditions.Find(Conditions.SuspendedType) is null;

    /// <summary>The run failed. What was rendered before stays described; <paramref name="inventory"/> keeps what this run had already applied.</summary>
    public static AuditPolicyStatus Failed(AuditPolicy resource, Exception failure, IReadOnlyList<InventoryEntry>? inventory, DateTimeOffset now)
    {
        var conditions = Of(resource).Failed(failure, resource.Metadata.Generation, now);
        return resource.Status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            Inventory = inventory ?? resource.Status.Inventory,
            LastHandledReconcileAt = RequestedAt(resource),
        };
    }

    public static AuditPolicyStatus Suspended(AuditPolicy resource, DateTimeOffset now) => resource.Status with
    {
        Conditions = Of(resource).Suspended(resource.Metadata.Generation, now, "spec.suspend is true: nothing is checked or rendered").Items,
        LastHandledReconcileAt = RequestedAt(resource),
    };

    /// <summary>
    /// What people are to be told of a review: its condition <see cref="PolicySound"/> when it found other harm than the review before, or none
    /// any more, or what was measured of the retention when that is new; null when there is nothing new to say. An event per run would only
    /// repeat the status.
    /// </summary>
    public static Condition? NewsOfReview(AuditPolicyStatus before, AuditPolicyStatus after)
    {
        if (RetentionFinding.In(before) != RetentionFinding.In(after))
        {
            return after.Conditions?.FirstOrDefault(condition => condition.Type == DeliveryConditions.Retained && condition.Status != "Unknown");
        }

        var (was, now) = (Soundness(before), Soundness(after));
        var isSame = before.Findings is { } old && after.Findings is { } found
            && old with { Items = null } == found with { Items = null } && (old.Items ?? []).SequenceEqual(found.Items ?? []);
        return isSame || (now?.Status == "True" && was?.Status != "False") ? null : now;

        static Condition? Soundness(AuditPolicyStatus status) => status.Conditions?.FirstOrDefault(condition => condition.Type == PolicySound);
    }

    /// <summary>One line for people: what there is now, and the worst that was found.</summary>
    public static string Summary(AuditPolicyPlan plan)
    {
        (DesiredObject? Object, string Name)[] parts =
        [
            (plan.TalosPatch, "Talos patch"), (plan.Kubeadm, "kubeadm configuration"), (plan.K3s, "k3s configuration"), (plan.Rke2, "RKE2 configuration"),
            (plan.FluentBit, "Fluent Bit configuration"), (plan.Alerts, "alert rules"),
        ];
        var rendered = $"rendered {string.Join(", ", parts.Where(part => part.Object is not null).Select(part => part.Name))}";
        return plan.Findings is [var worst, ..] && worst.Severity >= Severity.Warning ? $"{rendered}; {CountText(plan)}, see status.findings" : rendered;
    }

    private static Conditions WithSoundness(Conditions conditions, AuditPolicyPlan plan, long generation, DateTimeOffset now) =>
        plan.Findings.FirstOrDefault(finding => finding.Severity >= Severity.Warning) is { } worst
            ? conditions.With(PolicySound, "False", HarmfulRules, RenderConditions.Bounded($"{CountText(plan)}; first: {Text(plan, worst)}"), generation, now)
            : conditions.With(PolicySound, "True", NoFindings, "nothing is lost or leaked that the policy could tell", generation, now);

    /// <summary>The findings of a plan, without what was measured since.</summary>
    public static FindingsStatus FindingsOf(AuditPolicyPlan plan) => new()
    {
        Total = plan.Findings.Length,
        Errors = plan.Findings.Count(finding => finding.Severity == Severity.Error),
        Warnings = plan.Findings.Count(finding => finding.Severity == Severity.Warning),
        Infos = plan.Findings.Count(finding => finding.Severity == Severity.Info),
        Worst = plan.Findings is [var worst, ..] ? worst.Severity.ToString() : Severities.None,
        Items = plan.Findings.IsEmpty ? null :
        [
            .. plan.Findings.Take(FindingsShown).Select(finding => new FindingStatus
            {
                Id = finding.Id,
                Severity = finding.Severity.ToString(),
                Rule = finding.RuleIndex,
                RuleOf = plan.Origin(finding) is { Source: not RuleSource.Own } origin ? origin.ToString() : null,
                Message = RenderConditions.Bounded($"{finding.Message}. {finding.Fix}"),
            }),
        ],
    };

    private static string CountText(AuditPolicyPlan plan) => plan.Findings.Length == 1 ? "1 finding" : $"{plan.Findings.Length} findings";

    private static string Text(AuditPolicyPlan plan, Finding finding) => plan.Origin(finding) switch
    {
        null => finding.Message,
        { Source: RuleSource.Own } own => $"rule {own.Index}: {finding.Message}",
        { } other => $"{other}: {finding.Message}",
    };

    private static Conditions Of(AuditPolicy resource) => new(resource.Status.ObservedGeneration, resource.Status.Conditions ?? []);

    private static string? NameOf(DesiredObject? rendered) => (string?)rendered?.Body["metadata"]!["name"];

    private static string? RequestedAt(AuditPolicy resource) => RenderConditions.RequestedAt(resource.Metadata, resource.Status.LastHandledReconcileAt);
}
