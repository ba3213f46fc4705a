using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>What standards want to find in the records, as questions to the policy.</summary>
internal static class Recording
{
    private const string Rbac = "rbac.authorization.k8s.io";

    private static readonly string[] Reads = ["get", "list", "watch"];
    private static readonly string[] Writes = ["create", "update", "patch", "delete", "deletecollection"];
    private static readonly string[] Ends = ["create", "delete", "deletecollection"];

    private static readonly Probe Secrets = new("", "secrets", [.. Reads, .. Writes]);

    /// <summary>Every access to a Secret leaves a trace.</summary>
    public static Check SecretAccess { get; } = new Expectation("access to Secrets", Secrets).Check;

    /// <summary>Every access to a Secret leaves a trace that does not hold the Secret.</summary>
    public static Check SecretsWithoutContent { get; } = new Expectation("access to Secrets", Secrets) { AtMost = Level.Metadata }.Check;

    /// <summary>What else is confidential is in no record.</summary>
    public static Check NothingConfidential { get; } = new Expectation(
        "content of ConfigMaps, tokens and token reviews",
        new Probe("", "configmaps", [.. Reads, .. Writes]),
        new Probe("", "serviceaccounts/token", "create"),
        new Probe("authentication.k8s.io", "tokenreviews", "create"))
    {
        AtLeast = Level.None,
        AtMost = Level.Metadata,
    }.Check;

    public static Check WorkloadChanges { get; } = new Expectation(
        "changes of what runs",
        new Probe("", "pods", Writes),
        new Probe("", "pods/eviction", "create"),
        new Probe("apps", "deployments", Writes),
        new Probe("apps", "deployments/scale", "update", "patch"),
        new Probe("apps", "statefulsets", Writes),
        new Probe("apps", "daemonsets", Writes),
        new Probe("batch", "cronjobs", Writes)).Check;

    /// <summary>From their start, because a session that is written when it ends is written too late.</summary>
    public static Check Sessions { get; } = new Expectation(
        "sessions in workloads and on nodes",
        new Probe("", "pods/exec", "get", "create"),
        new Probe("", "pods/attach", "get", "create"),
        new Probe("", "pods/portforward", "get", "create"),
        new Probe("", "pods/proxy", "get", "create"),
        new Probe("", "pods/ephemeralcontainers", "update", "patch"),
        new Probe("", "services/proxy", "get", "create"),
        new Probe("", "nodes/proxy", "get", "create")).Check;

    public static Check AccessRules { get; } = new Expectation(
        "changes of roles and bindings",
        new Probe(Rbac, "roles", Writes),
        new Probe(Rbac, "rolebindings", Writes),
        new Probe(Rbac, "clusterroles", Writes),
        new Probe(Rbac, "clusterrolebindings", Writes)).Check;

    public static Check Credentials { get; } = new Expectation(
        "changes of credentials",
        new Probe("", "serviceaccounts", Writes),
        new Probe("", "serviceaccounts/token", "create"),
        new Probe("", "secrets", Writes),
        new Probe("certificates.k8s.io", "certificatesigningrequests", Writes),
        new Probe("certificates.k8s.io", "certificatesigningrequests/approval", "update", "patch")).Check;

    public static Check ControlChanges { get; } = new Expectation(
        "changes of what the API server admits and serves",
        new Probe("admissionregistration.k8s.io", "mutatingwebhookconfigurations", Writes),
        new Probe("admissionregistration.k8s.io", "validatingwebhookconfigurations", Writes),
        new Probe("admissionregistration.k8s.io", "validatingadmissionpolicies", Writes),
        new Probe("apiextensions.k8s.io", "customresourcedefinitions", Writes),
        new Probe("apiregistration.k8s.io", "apiservices", Writes)).Check;

    public static Check SystemObjects { get; } = new Expectation(
        "creation and deletion of system-level objects",
        new Probe("", "namespaces", Ends),
        new Probe("", "nodes", Ends),
        new Probe("", "persistentvolumes", Ends),
        new Probe("storage.k8s.io", "storageclasses", Ends),
        new Probe("networking.k8s.io", "networkpolicies", Ends),
        new Probe("apiextensions.k8s.io", "customresourcedefinitions", Ends),
        new Probe("admissionregistration.k8s.io", "validatingwebhookconfigurations", Ends)).Check;

    /// <summary>The resources that decide what is recorded.</summary>
    public static Check AuditChanges { get; } = new Expectation("changes of audit policies", new Probe("comptroller.dev", "auditpolicies", Writes)).Check;

    /// <summary>Whatever people do, of kinds that no rule names too.</summary>
    public static Check EverythingByPeople { get; } = new Expectation(
        "what people ask and change",
        new Probe("", "pods", [.. Reads, .. Writes]),
        new Probe("", "pods/log", "get"),
        new Probe("", "services", [.. Reads, .. Writes]),
        new Probe("", "configmaps", [.. Reads, .. Writes]),
        new Probe("", "namespaces", [.. Reads, .. Writes]),
        new Probe("apps", "deployments", [.. Reads, .. Writes]),
        new Probe(Rbac, "clusterroles", [.. Reads, .. Writes]),
        new Probe("example.com", "widgets", [.. Reads, .. Writes]))
    {
        By = Audience.People,
    }.Check;

    /// <summary>What was asked for in changes of rights and of the API server itself; the name alone does not tell.</summary>
    public static Check ContentOfPrivilegedChanges { get; } = new Expectation(
        "content of privileged changes",
        new Probe(Rbac, "roles", Writes),
        new Probe(Rbac, "rolebindings", Writes),
        new Probe(Rbac, "clusterroles", Writes),
        new Probe(Rbac, "clusterrolebindings", Writes),
        new Probe("certificates.k8s.io", "certificatesigningrequests", Writes),
        new Probe("admissionregistration.k8s.io", "mutatingwebhookconfigurations", Writes),
        new Probe("admissionregistration.k8s.io", "validatingwebhookconfigurations", Writes))
    {
        AtLeast = Level.Request,
    }.Check;

    /// <summary>Changes with request and response, of what is not confidential.</summary>
    public static Check ContentOfChanges { get; } = new Expectation(
        "changes by people and workloads",
        new Probe("", "pods", Writes),
        new Probe("", "services", Writes),
        new Probe("apps", "deployments", Writes),
        new Probe(Rbac, "clusterrolebindings", Writes),
        new Probe("example.com", "widgets", Writes))
    {
        AtLeast = Level.RequestResponse,
        By = Audience.PeopleAndWorkloads,
    }.Check;

    /// <summary>Failed logins have no user and one stage only; refused requests are recorded as any other of the same caller.</summary>
    public static Check FailedLogins { get; } = new Expectation("failed logins (401)", new Probe("", "pods", "list"), new Probe("", "secrets", "get"))
    {
        By = Audience.Nobody,
        Also = [new AuditRequest { Verb = "get", IsResourceRequest = false, Path = "/api" }],
    }.Check;
}
