using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>What is asked thousands of times a day and says nothing about anyone. All of it stands behind the guards.</summary>
internal static class Noise
{
    public static readonly ProfileRule Probes = new(
        "Health probes, several a second. For everybody, because load balancers probe without credentials. In pairs, because /healthz* would also match /healthzfoo.",
        new PolicyRule { Level = Level.None, NonResourceUrls = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*"] });

    public static readonly ProfileRule Discovery = new(
        "Metrics, version and discovery: every client asks before it does anything. For logged-in callers only: failed logins there stay visible.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Authenticated],
            NonResourceUrls = DiscoveryPaths,
        });

    public static readonly ProfileRule DiscoveryByMachines = new(
        "Metrics, version and discovery by workloads and nodes. Of people they are kept: looking around comes before breaking in.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [ServiceAccounts, Nodes],
            NonResourceUrls = DiscoveryPaths,
        });

    public static readonly ProfileRule Leases = new(
        "Heartbeats of nodes and leader elections, every few seconds each. Deleting a lease is kept, and so are failed logins.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Authenticated],
            Verbs = [.. Reads, "create", "update", "patch"],
            Resources = [Group("coordination.k8s.io", "leases")],
        });

    public static readonly ProfileRule Events = new(
        "Kubernetes events are messages, and repeat. Reading and deleting them is kept: deleting hides tracks.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Authenticated],
            Verbs = ["create", "update", "patch"],
            Resources = [Core("events"), Group("events.k8s.io", "events")],
        });

    public static readonly ProfileRule StatusOfNodes = new(
        "Nodes and built-in controllers report what is. A status written by anybody else is kept, and so is that of services, which can divert traffic.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Nodes, SystemServiceAccounts],
            Verbs = ["update", "patch"],
            Resources =
            [
                Core(
                    "nodes/status", "pods/status", "namespaces/status", "persistentvolumes/status", "persistentvolumeclaims/status",
                    "replicationcontrollers/status", "resourcequotas/status"),
                Group("apps", "*/status"),
                Group("batch", "*/status"),
                Group("autoscaling", "*/status"),
                Group("policy", "*/status"),
                Group("storage.k8s.io", "*/status"),
                Group("resource.k8s.io", "*/status"),
            ],
        });

    public static readonly ProfileRule StatusByServer = new(
        "The API server reports on the definitions, services and flows it serves.",
        new PolicyRule
        {
            Level = Level.None,
            Users = ["system:apiserver"],
            Verbs = ["update", "patch"],
            Resources =
            [
                Group("apiextensions.k8s.io", "*/status"),
                Group("apiregistration.k8s.io", "*/status"),
                Group("flowcontrol.apiserver.k8s.io", "*/status"),
            ],
        });

    public static readonly ProfileRule AccessQuestions = new(
        "Kubelets and system services ask whether a caller may do something, for each call they get. What people ask about themselves is kept.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Nodes, SystemServiceAccounts],
            Verbs = ["create"],
            Resources = [Group("authorization.k8s.io", "subjectaccessreviews", "localsubjectaccessreviews")],
        });

    public static readonly ProfileRule Endpoints = new(
        "Endpoints follow the pods. Only of the three controllers that write them by trade: endpoints of anybody else divert traffic.",
        new PolicyRule
        {
            Level = Level.None,
            Users = [Controller("endpoint-controller"), Controller("endpointslice-controller"), Controller("endpointslicemirroring-controller")],
            Verbs = [.. Writes],
            Resources = [Core("endpoints"), Group("discovery.k8s.io", "endpointslices")],
        });

    public static readonly ProfileRule ControlPlaneReads = new(
        "The control plane lists and watches every kind there is, custom ones too. Exact names; secrets and configuration were recorded above.",
        new PolicyRule
        {
            Level = Level.None,
            Users =
            [
                "system:apiserver", "system:kube-controller-manager", "system:kube-scheduler",
                Controller("generic-garbage-collector"), Controller("namespace-controller"), Controller("resourcequota-controller"),
            ],
            Verbs = [.. Reads],
        });

    public static readonly ProfileRule NodeAndSystemReads = new(
        "Nodes and system services read what they run. By group, because names differ between distributions, and therefore with resources named one by one.",
        new PolicyRule
        {
            Level = Level.None,
            UserGroups = [Nodes, SystemServiceAccounts],
            Verbs = [.. Reads],
            Resources =
            [
                Core(
                    "nodes", "pods", "services", "endpoints", "namespaces", "persistentvolumes", "persistentvolumeclaims",
                    "replicationcontrollers", "resourcequotas", "limitranges", "events", "podtemplates"),
                Group("apps"),
                Group("autoscaling"),
                Group("batch"),
                Group("discovery.k8s.io"),
                Group("events.k8s.io"),
                Group("networking.k8s.io"),
                Group("node.k8s.io"),
                Group("policy"),
                Group("resource.k8s.io"),
                Group("scheduling.k8s.io"),
                Group("storage.k8s.io"),
                Group("cilium.io"),
            ],
        });

    private static ImmutableArray<string> DiscoveryPaths =>
        ["/metrics", "/metrics/*", "/version", "/version/*", "/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/.well-known/*", "/openid/*"];
}
