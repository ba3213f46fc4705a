using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>
/// AuditPolicy says what the API server of a cluster records, where the records go and what raises an alarm. The operator checks
/// it the way kube-apiserver would, renders the files of Talos, kubeadm, k3s or RKE2, a Fluent Bit configuration and alert rules into the
/// namespace of the resource, and reports in the status what it found. Nothing is applied to a node.
/// </summary>
[Resource(
    "comptroller.dev", "v1alpha1", "AuditPolicy", Plural = "auditpolicies", Singular = "auditpolicy",
    ShortNames = ["apol"], Categories = ["comptroller"])]
[StatusSubresource]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Status", "string", ".status.conditions[?(@.type==\"Ready\")].message")]
[PrinterColumn("Rules", "integer", ".status.ruleCount")]
[PrinterColumn("Findings", "integer", ".status.findings.total")]
[PrinterColumn("Hash", "string", ".status.policyHash", Priority = 1)]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
[CelRule(
    "self.metadata.name.size() <= 233",
    "the name must be at most 233 characters: the rendered objects are named after it")]
[Access("comptroller.dev", ["auditpolicies"], ["get", "list", "watch"])]
[Access("comptroller.dev", ["auditpolicies/status"], ["patch"])]
[Access("comptroller.dev", ["auditpolicies/finalizers"], ["update"])]
[Access("", ["configmaps"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("operator.victoriametrics.com", ["vmrules"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("openreports.io", ["reports"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("wgpolicyk8s.io", ["policyreports"], ["get", "list", "watch", "create", "patch", "delete"])]
public sealed record AuditPolicy : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? ResourceTypes.AuditPolicies.ApiVersion; } = ResourceTypes.AuditPolicies.ApiVersion;
    public string Kind { get; init => field = value ?? ResourceTypes.AuditPolicies.Kind; } = ResourceTypes.AuditPolicies.Kind;
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What to record, ship and alert on.</summary>
    [Required]
    public AuditPolicySpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What the operator last found and rendered. Written by the operator only.</summary>
    public AuditPolicyStatus Status { get; init => field = value ?? new(); } = new();
}
