using Comptroller.Kubernetes.Client;

namespace Comptroller.Operator;

/// <summary>The kinds that are rendered and owned.</summary>
internal static class RenderedKinds
{
    /// <summary>All of them, and whether a cluster has the kind without anybody installing it.</summary>
    public static IReadOnlyList<(ResourceType Type, bool Required)> All =>
    [
        (ConfigMaps, true), (ServiceAccounts, true), (Services, true), (VolumeClaims, true), (CronJobs, true), (Deployments, true), (Autoscalers, true), (NetworkPolicies, true), (DisruptionBudgets, true), (VmRules, false), (VmPodScrapes, false),
        (OpenReports, false), (PolicyReports, false),
    ];

    public static ResourceType ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);

    public static ResourceType VolumeClaims { get; } = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", Namespaced: true);

    public static ResourceType CronJobs { get; } = new("batch", "v1", "cronjobs", "CronJob", Namespaced: true);

    public static ResourceType Deployments { get; } = new("apps", "v1", "deployments", "Deployment", Namespaced: true);

    public static ResourceType ServiceAccounts { get; } = new("", "v1", "serviceaccounts", "ServiceAccount", Namespaced: true);

    public static ResourceType Services { get; } = new("", "v1", "services", "Service", Namespaced: true);

    public static ResourceType Autoscalers { get; } = new("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", Namespaced: true);

    public static ResourceType DisruptionBudgets { get; } = new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", Namespaced: true);

    public static ResourceType NetworkPolicies { get; } = new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", Namespaced: true);

    /// <summary>VictoriaMetrics' alert rules; the CRD may be absent.</summary>
    public static ResourceType VmRules { get; } = new("operator.victoriametrics.com", "v1beta1", "vmrules", "VMRule", Namespaced: true);

    /// <summary>VictoriaMetrics' scrape of pods; the CRD may be absent.</summary>
    public static ResourceType VmPodScrapes { get; } = new("operator.victoriametrics.com", "v1beta1", "vmpodscrapes", "VMPodScrape", Namespaced: true);

    /// <summary>What policy engines report in; the CRD may be absent, and nothing is amiss then.</summary>
    public static ResourceType OpenReports { get; } = new("openreports.io", "v1alpha1", "reports", "Report", Namespaced: true);

    /// <summary>The forerunner of <see cref="OpenReports"/>.</summary>
    public static ResourceType PolicyReports { get; } = new("wgpolicyk8s.io", "v1alpha2", "policyreports", "PolicyReport", Namespaced: true);

    /// <summary>Whether the object is written where the kind is served and not missed where it is not.</summary>
    public static bool IsOptional(ResourceType type) => type == OpenReports || type == PolicyReports;
}
