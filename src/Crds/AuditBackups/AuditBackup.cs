using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.AuditBackups;

/// <summary>
/// AuditBackup has audit evidence backed up, proved by a restore drill, and pruned, each on a schedule. The operator renders CronJobs that run
/// its own image without any access to Kubernetes, reads what each run hands back in its termination message, and tells in the status and as
/// metrics whether the evidence is protected: backed up lately, proved lately, and locked as asked.
/// </summary>
[Resource(
    "comptroller.dev", "v1alpha1", "AuditBackup", Plural = "auditbackups", Singular = "auditbackup",
    ShortNames = ["abk"], Categories = ["comptroller"])]
[StatusSubresource]
[PrinterColumn("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status")]
[PrinterColumn("Status", "string", ".status.conditions[?(@.type==\"Ready\")].message")]
[PrinterColumn("Last-Success", "date", ".status.lastSuccessTime")]
[PrinterColumn("Size", "integer", ".status.lastBackup.bytes")]
[PrinterColumn("Verified", "date", ".status.lastVerifiedTime")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
[CelRule(
    "self.metadata.name.size() <= 40",
    "the name must be at most 40 characters: CronJobs, Jobs and labels are named after it")]
[Access("comptroller.dev", ["auditbackups"], ["get", "list", "watch"])]
[Access("comptroller.dev", ["auditbackups/status"], ["patch"])]
[Access("comptroller.dev", ["auditbackups/finalizers"], ["update"])]
[Access("", ["persistentvolumeclaims"], ["get"])]
[Access("", ["pods"], ["list", "watch"])]
[Access("batch", ["cronjobs"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("batch", ["jobs"], ["list", "watch", "create"])]
[Access("networking.k8s.io", ["networkpolicies"], ["get", "list", "watch", "create", "patch", "delete"])]
[Access("operator.victoriametrics.com", ["vmrules"], ["get", "list", "watch", "create", "patch", "delete"])]
public sealed record AuditBackup : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? ResourceTypes.AuditBackups.ApiVersion; } = ResourceTypes.AuditBackups.ApiVersion;
    public string Kind { get; init => field = value ?? ResourceTypes.AuditBackups.Kind; } = ResourceTypes.AuditBackups.Kind;
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What to back up, where to, and when.</summary>
    [Required]
    public AuditBackupSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What there is to go back to, and whether it was proved. Written by the operator only.</summary>
    public AuditBackupStatus Status { get; init => field = value ?? new(); } = new();
}
