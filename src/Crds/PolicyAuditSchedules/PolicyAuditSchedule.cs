using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.PolicyAuditSchedules;

/// <summary>
/// PolicyAuditSchedule has the policies of a CrowdStrike Falcon tenant fetched, graded and reported on a schedule. The operator renders
/// CronJobs or a daemon that run its own image without any access to Kubernetes, reads what each run hands back in its termination
/// message, and reports score, age and failures in the status and as metrics.
/// </summary>
[Resource(
    "comptroller.dev", "v1alpha1", "PolicyAuditSchedule", Plural = "policyauditschedules", Singular = "policyauditschedule",
    ShortNames = ["pas"], Categories = ["comptroller"])]
[StatusSubresource]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Status", "string", ".status.conditions[?(@.type==\"Ready\")].message")]
[PrinterColumn("Score", "integer", ".status.audit.score")]
[PrinterColumn("Compliant", "string", ".status.conditions[?(@.type==\"Compliant\")].status")]
[PrinterColumn("Last-Success", "date", ".status.lastSuccessTime")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
[CelRule(
    "self.metadata.name.size() <= 40",
    "the name must be at most 40 characters: CronJobs, Jobs and labels are named after it")]
[Access("comptroller.dev", ["policyauditschedules"], ["get", "list", "watch"])]
[Access("comptroller.dev", ["policyauditschedules/status"], ["patch"])]
[Access("comptroller.dev", ["policyauditschedules/finalizers"], ["update"])]
[Access("", ["configmaps", "persistentvolumeclaims"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("", ["pods"], ["list", "watch"])]
[Access("apps", ["deployments"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("batch", ["cronjobs"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("batch", ["jobs"], ["list", "watch", "create"])]
[Access("networking.k8s.io", ["networkpolicies"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("openreports.io", ["reports"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("wgpolicyk8s.io", ["policyreports"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("operator.victoriametrics.com", ["vmpodscrapes", "vmrules"], ["get", "list", "watch", "create", "patch", "delete"])]
public sealed record PolicyAuditSchedule : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? ResourceTypes.PolicyAuditSchedules.ApiVersion; } = ResourceTypes.PolicyAuditSchedules.ApiVersion;
    public string Kind { get; init => field = value ?? ResourceTypes.PolicyAuditSchedules.Kind; } = ResourceTypes.PolicyAuditSchedules.Kind;
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Which tenant to audit, when, and how.</summary>
    [Required]
    public PolicyAuditScheduleSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What the runs found. Written by the operator only.</summary>
    public PolicyAuditScheduleStatus Status { get; init => field = value ?? new(); } = new();
}
