using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Tests.Profiles;

/// <summary>Requests and callers that profiles are tried with.</summary>
internal static class Requests
{
    public static readonly string[] Reads = ["get", "list", "watch"];

    public static readonly string[] Writes = ["create", "update", "patch", "delete", "deletecollection"];

    public static readonly Caller Person = new("jane@example.com", "developers", "system:authenticated");

    public static readonly Caller Workload = ServiceAccount("shop", "cart");

    public static readonly Caller Node = new("system:node:worker-1", "system:nodes", "system:authenticated");

    public static readonly Caller Anonymous = new("system:anonymous", "system:unauthenticated");

    /// <summary>A caller whose credentials were refused.</summary>
    public static readonly Caller Nobody = new(null);

    public static readonly Caller[] ControlPlane =
    [
        new("system:apiserver", "system:masters", "system:authenticated"),
        new("system:kube-controller-manager", "system:authenticated"),
        new("system:kube-scheduler", "system:authenticated"),
        ServiceAccount("kube-system", "generic-garbage-collector"),
        ServiceAccount("kube-system", "endpointslice-controller"),
        ServiceAccount("kube-system", "coredns"),
    ];

    public static readonly Caller[] Callers = [Person, Workload, Node, Anonymous, Nobody, .. ControlPlane];

    /// <summary>Group and resource, among them what must not leak, what is noise, and what no rule names.</summary>
    public static readonly (string Group, string Resource)[] Resources =
    [
        ("", "secrets"), ("", "configmaps"), ("", "serviceaccounts"), ("", "pods"), ("", "services"), ("", "nodes"), ("", "namespaces"),
        ("", "events"), ("", "endpoints"), ("", "persistentvolumeclaims"),
        ("apps", "deployments"), ("apps", "replicasets"), ("batch", "jobs"), ("policy", "poddisruptionbudgets"),
        ("rbac.authorization.k8s.io", "clusterrolebindings"), ("certificates.k8s.io", "certificatesigningrequests"),
        ("authentication.k8s.io", "tokenreviews"), ("authorization.k8s.io", "subjectaccessreviews"), ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"), ("apiextensions.k8s.io", "customresourcedefinitions"), ("apiregistration.k8s.io", "apiservices"),
        ("coordination.k8s.io", "leases"), ("discovery.k8s.io", "endpointslices"), ("events.k8s.io", "events"),
        ("networking.k8s.io", "networkpolicies"), ("storage.k8s.io", "storageclasses"), ("cilium.io", "ciliumnodes"),
        ("cert-manager.io", "certificates"), ("external-secrets.io", "externalsecrets"), ("ceph.rook.io", "cephclusters"),
        ("kustomize.toolkit.fluxcd.io", "kustomizations"), ("helm.toolkit.fluxcd.io", "helmreleases"), ("argoproj.io", "applications"), ("example.com", "widgets"),
    ];

    public static readonly string[] Subresources =
        ["", "status", "scale", "exec", "attach", "portforward", "proxy", "log", "ephemeralcontainers", "eviction", "binding", "token", "approval", "finalize", "whatever"];

    public static Caller ServiceAccount(string space, string name) =>
        new($"system:serviceaccount:{space}:{name}", "system:serviceaccounts", $"system:serviceaccounts:{space}", "system:authenticated");

    public static AuditRequest Of(Caller caller, string verb, string group, string resource, string subresource = "") => new()
    {
        User = caller.User,
        Groups = caller.Groups,
        Verb = verb,
        IsResourceRequest = true,
        ApiGroup = group,
        Namespace = "shop",
        Resource = resource,
        Subresource = subresource,
        Name = verb is "list" or "create" or "deletecollection" && subresource.Length == 0 ? "" : "example",
    };

    public static AuditRequest Path(Caller caller, string path, string verb = "get") =>
        new() { User = caller.User, Groups = caller.Groups, Verb = verb, IsResourceRequest = false, Path = path };

    /// <summary>Every verb on every resource and subresource by these callers.</summary>
    public static IEnumerable<AuditRequest> All(IEnumerable<Caller> callers) =>
        from caller in callers
        from target in Resources
        from subresource in Subresources
        from verb in Reads.Concat(Writes)
        select Of(caller, verb, target.Group, target.Resource, subresource);

    /// <summary>Whether content would leak: secret values, settings, tokens.</summary>
    public static bool IsConfidential(AuditRequest request) => (request.ApiGroup, request.Resource, request.Subresource) is
        ("", "secrets" or "configmaps", _) or ("", "serviceaccounts", "token") or ("authentication.k8s.io", _, _);
}

/// <summary>Who asks; a null user is a failed authentication.</summary>
internal sealed record Caller(string? User, params string[] Groups);
