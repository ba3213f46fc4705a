using Comptroller.Kubernetes.Client;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>The kinds that are rendered and owned.</summary>
internal static class RenderedKinds
{
    public static ResourceType ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);

    /// <summary>VictoriaMetrics' alert rules; the CRD may be absent.</summary>
    public static ResourceType VmRules { get; } = new("operator.victoriametrics.com", "v1beta1", "vmrules", "VMRule", Namespaced: true);
}
