using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Crds;

/// <summary>The custom kinds, as the client addresses and decodes them.</summary>
public static class ResourceTypes
{
    public const string Group = "comptroller.dev";

    public static ResourceType<AuditBackup> AuditBackups { get; } =
        new(Group, "v1alpha1", "auditbackups", "AuditBackup", Namespaced: true, CrdsJson.Default.AuditBackup);

    public static ResourceType<AuditPolicy> AuditPolicies { get; } =
        new(Group, "v1alpha1", "auditpolicies", "AuditPolicy", Namespaced: true, CrdsJson.Default.AuditPolicy);

    public static ResourceType<DriftWatch> DriftWatches { get; } =
        new(Group, "v1alpha1", "driftwatches", "DriftWatch", Namespaced: true, CrdsJson.Default.DriftWatch);

    public static ResourceType<PolicyAuditSchedule> PolicyAuditSchedules { get; } =
        new(Group, "v1alpha1", "policyauditschedules", "PolicyAuditSchedule", Namespaced: true, CrdsJson.Default.PolicyAuditSchedule);
}
