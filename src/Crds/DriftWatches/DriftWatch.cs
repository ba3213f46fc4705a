using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.DriftWatches;

/// <summary>
/// DriftWatch holds cloud audit events against Terraform states and tells who changed what behind Terraform's back. The operator renders a
/// Deployment that runs its own image without a token for Kubernetes, the Service that Falco sends to, Falco rules that carry what is needed,
/// and alerts; it asks the running pods what they know and reports drifts, coverage and the age of states in the status and as metrics.
/// </summary>
[Resource(
    "comptroller.dev", "v1alpha1", "DriftWatch", Plural = "driftwatches", Singular = "driftwatch", ShortNames = ["dw"], Categories = ["comptroller"])]
[StatusSubresource]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Status", "string", ".status.conditions[?(@.type==\"Ready\")].message")]
[PrinterColumn("Open", "string", ".status.drifts.summary", Description = "Open drifts by severity")]
[PrinterColumn("Coverage", "integer", ".status.coveragePercent", Description = "Share of the cloud's resources that a state manages, in percent")]
[PrinterColumn("Drifted", "string", ".status.conditions[?(@.type==\"DriftDetected\")].status", Priority = 1)]
[PrinterColumn("Fresh", "string", ".status.conditions[?(@.type==\"StateFresh\")].status", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
[CelRule("self.metadata.name.size() <= 40", "the name must be at most 40 characters: what is rendered and its labels are named after it")]
[Access("comptroller.dev", ["driftwatches"], ["get", "list", "watch"])]
[Access("comptroller.dev", ["driftwatches/status"], ["patch"])]
[Access("comptroller.dev", ["driftwatches/finalizers"], ["update"])]
[Access("", ["configmaps", "persistentvolumeclaims", "serviceaccounts", "services"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("", ["pods"], ["list", "watch"])]
[Access("apps", ["deployments"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("autoscaling", ["horizontalpodautoscalers"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("networking.k8s.io", ["networkpolicies"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("operator.victoriametrics.com", ["vmpodscrapes", "vmrules"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("policy", ["poddisruptionbudgets"], ["get", "list", "watch", "create", "patch", "delete"])]
public sealed record DriftWatch : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? ResourceTypes.DriftWatches.ApiVersion; } = ResourceTypes.DriftWatches.ApiVersion;
    public string Kind { get; init => field = value ?? ResourceTypes.DriftWatches.Kind; } = ResourceTypes.DriftWatches.Kind;
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What to watch, and what counts as drift.</summary>
    [Required]
    public DriftWatchSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What the watch knows. Written by the operator only.</summary>
    public DriftWatchStatus Status { get; init => field = value ?? new(); } = new();
}
