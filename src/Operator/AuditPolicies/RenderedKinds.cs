using Comptroller.Kubernetes.Client;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>The kinds that are rendered and owned.</summary>
internal static class RenderedKinds
{
    public static ResourceType ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);

    /// <summary>VictoriaMetrics' alert rules; the CRD may be absent.</summary>
    public static ResourceType VmRules { get; } = new("operator.victoriametrics.com", "v1beta1", "vmrules", "VMRule", Namespaced: true);

    /// <summary>What policy engines report in; the CRD may be absent, and nothing is amiss then.</summary>
    public static ResourceType OpenReports { get; } = new("openreports.io", "v1alpha1", "reports", "Report", Namespaced: true);

    /// <summary>The forerunner of <see cref="OpenReports"/>.</summary>
    public static ResourceType PolicyReports { get; } = new("wgpolicyk8s.io", "v1alpha2", "policyreports", "PolicyReport", Namespaced: true);

    /// <summary>Whether the object is written where the kind is served and not missed where it is not.</summary>
    public static bool IsOptional(ResourceType type) => type == OpenReports || type == PolicyReports;
}
