using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>What the operator found and rendered.</summary>
public sealed record AuditPolicyStatus
{
    /// <summary>The status of a resource that nobody looked at yet. Generated JSON code knows the -1 from here only.</summary>
    [JsonConstructor]
    public AuditPolicyStatus(long observedGeneration = -1) => ObservedGeneration = observedGeneration;

    /// <summary>The generation of the spec that was judged last; -1 when none was yet.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>
    /// Ready is always present. Reconciling and Stalled are present only while True: Stalled means that the spec must change.
    /// PolicySound is False when the policy loads but loses events or leaks secrets. AlertsInstalled is False when the VMRule
    /// could not be installed. Delivering, Retained and Applied tell what was asked for in spec.delivery.
    /// </summary>
    [ListMapKey("type"), Items(16)]
    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>SHA-256 of the rendered policy. Equal hashes mean equal policies, whatever their resources are called.</summary>
    [StringLength(80)]
    public string? PolicyHash { get; init; }

    /// <summary>The profile that the rendered policy contains; absent without one.</summary>
    public ProfileStatus? Profile { get; init; }

    /// <summary>Number of rules in the rendered policy: the own ones and those of the profile.</summary>
    public int? RuleCount { get; init; }

    /// <summary>What the policy check found.</summary>
    public FindingsStatus? Findings { get; init; }

    /// <summary>How far what is rendered meets the standards of spec.compliance; absent when nothing is judged.</summary>
    [ListMapKey("standard"), Items(7)]
    public IReadOnlyList<ComplianceStatus>? Compliance { get; init; }

    /// <summary>What the policy would cost; absent unless spec.estimate asks for it.</summary>
    public EstimateStatus? Estimate { get; init; }

    /// <summary>Names of the rendered objects, by what they are for. All are in the namespace of the resource.</summary>
    public RenderedStatus? Rendered { get; init; }

    /// <summary>Every object that was rendered. What is no longer rendered is deleted by means of this list.</summary>
    [AtomicList, Items(16)]
    public IReadOnlyList<InventoryEntry>? Inventory { get; init; }

    /// <summary>
    /// The build of the operator that rendered all this. Another build plans every resource anew; the same build only looks
    /// whether the rendered objects are as it left them.
    /// </summary>
    [StringLength(128)]
    public string? RenderedBy { get; init; }

    /// <summary>The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on.</summary>
    [StringLength(256)]
    public string? LastHandledReconcileAt { get; init; }
}

/// <summary>The profile in use.</summary>
public sealed record ProfileStatus
{
    /// <summary>Name of the profile.</summary>
    [Required, StringLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Version of the profile and its add-ons. Write it to spec.profileVersion to keep it.</summary>
    [Required]
    public int Version { get; init; }
}

/// <summary>Findings, counted by severity.</summary>
public sealed record FindingsStatus
{
    /// <summary>All findings.</summary>
    public int Total { get; init; }

    /// <summary>Findings that keep the policy from working as written.</summary>
    public int Errors { get; init; }

    /// <summary>Findings that lose events, leak secrets or fail a benchmark.</summary>
    public int Warnings { get; init; }

    /// <summary>Findings that are good to know.</summary>
    public int Infos { get; init; }

    /// <summary>The highest severity among them.</summary>
    [AllowedValues(Severities.None, Severities.Info, Severities.Warning, Severities.Error)]
    public string Worst { get; init => field = value ?? Severities.None; } = Severities.None;

    /// <summary>The first five, worst first. "comptroller validate" prints all of them.</summary>
    [AtomicList, Items(5)]
    public IReadOnlyList<FindingStatus>? Items { get; init; }
}

/// <summary>One finding.</summary>
public sealed record FindingStatus
{
    /// <summary>Stable name of the check, such as "bodies-of-secrets".</summary>
    [Required, StringLength(63)]
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary>Error, Warning or Info.</summary>
    [Required, AllowedValues(Severities.Info, Severities.Warning, Severities.Error)]
    public string Severity { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Index of the rule in the rendered policy, from 0; absent when the finding is about the policy as a whole. Own rules come
    /// first, so of those it is the index in spec.rules.
    /// </summary>
    public int? Rule { get; init; }

    /// <summary>Whose rule that is when it is not one of spec.rules, such as "rule 3 of profile Baseline".</summary>
    [StringLength(128)]
    public string? RuleOf { get; init; }

    /// <summary>What is wrong and the way out.</summary>
    [Required, StringLength(1024)]
    public string Message { get; init => field = value ?? ""; } = "";
}

/// <summary>Severities of findings.</summary>
public static class Severities
{
    public const string None = "None";
    public const string Info = "Info";
    public const string Warning = "Warning";
    public const string Error = "Error";
}

/// <summary>Names of the rendered objects.</summary>
public sealed record RenderedStatus
{
    /// <summary>ConfigMap with the Talos machine-config patches.</summary>
    [StringLength(253)]
    public string? TalosPatch { get; init; }

    /// <summary>ConfigMap with the policy and the ClusterConfiguration for kubeadm.</summary>
    [StringLength(253)]
    public string? Kubeadm { get; init; }

    /// <summary>ConfigMap with the policy and the configuration for k3s.</summary>
    [StringLength(253)]
    public string? K3s { get; init; }

    /// <summary>ConfigMap with the policy and the configuration for RKE2.</summary>
    [StringLength(253)]
    public string? Rke2 { get; init; }

    /// <summary>ConfigMap with the Fluent Bit configuration, its Helm values and a Flux HelmRelease.</summary>
    [StringLength(253)]
    public string? FluentBit { get; init; }

    /// <summary>VMRule with the alert rules.</summary>
    [StringLength(253)]
    public string? Alerts { get; init; }

    /// <summary>ConfigMap with the compliance report, as JSON and Markdown. Report and PolicyReport have the same name.</summary>
    [StringLength(253)]
    public string? Compliance { get; init; }
}
