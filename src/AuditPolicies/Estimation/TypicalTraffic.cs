using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Estimation;

/// <summary>
/// What reaches the API server of a cluster of some tens of nodes, as shares of its requests. An assumption, for when there is no log to
/// replay: most requests are heartbeats, leader elections, probes and what kubelets and controllers read again and again.
/// </summary>
public static class TypicalTraffic
{
    private static readonly string[] Node = ["system:nodes", "system:authenticated"];
    private static readonly string[] SystemController = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"];
    private static readonly string[] Controller = ["system:serviceaccounts", "system:serviceaccounts:platform", "system:authenticated"];

    /// <summary>Each kind of request and its share; the shares add up to 1.</summary>
    public static ImmutableArray<(AuditRequest Request, double Share)> Requests { get; } =
    [
        (Resource("system:node:node-1", Node, "update", "leases", "coordination.k8s.io", "kube-node-lease"), 0.12),
        (Resource("system:kube-controller-manager", ["system:authenticated"], "get", "leases", "coordination.k8s.io", "kube-system"), 0.08),
        (Resource("system:kube-controller-manager", ["system:authenticated"], "update", "leases", "coordination.k8s.io", "kube-system"), 0.08),
        (Resource("system:node:node-1", Node, "patch", "nodes", "", "", "status"), 0.06),
        (Resource("system:node:node-1", Node, "patch", "pods", "", "shop", "status"), 0.08),
        (Resource("system:node:node-1", Node, "get", "pods", "", "shop"), 0.10),
        (Resource("system:node:node-1", Node, "get", "configmaps", "", "shop"), 0.04),
        (Resource("system:node:node-1", Node, "get", "secrets", "", "shop"), 0.03),
        (Resource("system:node:node-1", Node, "create", "serviceaccounts", "", "shop", "token"), 0.04),
        (Resource("system:node:node-1", Node, "create", "events", "", "shop"), 0.06),
        (Resource("system:serviceaccount:kube-system:replicaset-controller", SystemController, "update", "replicasets", "apps", "shop", "status"), 0.03),
        (Resource("system:serviceaccount:kube-system:endpointslice-controller", SystemController, "update", "endpointslices", "discovery.k8s.io", "shop"), 0.03),
        (Resource("system:serviceaccount:kube-system:generic-garbage-collector", SystemController, "get", "namespaces", "", "shop"), 0.03),
        (Resource("system:serviceaccount:platform:delivery", Controller, "get", "deployments", "apps", "shop"), 0.04),
        (Resource("system:serviceaccount:platform:delivery", Controller, "patch", "deployments", "apps", "shop"), 0.02),
        (Resource("system:serviceaccount:platform:delivery", Controller, "get", "secrets", "", "platform"), 0.01),
        (Resource("system:serviceaccount:platform:monitoring", Controller, "list", "pods", "", ""), 0.03),
        (Resource("system:serviceaccount:platform:monitoring", Controller, "watch", "pods", "", ""), 0.02),
        (Resource("system:serviceaccount:platform:proxy", Controller, "create", "subjectaccessreviews", "authorization.k8s.io", ""), 0.015),
        (Resource("system:serviceaccount:platform:proxy", Controller, "create", "tokenreviews", "authentication.k8s.io", ""), 0.01),
        (Resource("person@example.com", ["system:authenticated"], "list", "pods", "", "shop"), 0.005),
        (Resource("system:serviceaccount:kube-system:job-controller", SystemController, "delete", "pods", "", "shop"), 0.01),
        (Path("system:anonymous", "system:unauthenticated", "/readyz"), 0.02),
        (Path("system:anonymous", "system:unauthenticated", "/livez"), 0.02),
        (Path("system:serviceaccount:platform:monitoring", "system:authenticated", "/metrics"), 0.01),
        (Path("system:serviceaccount:platform:delivery", "system:authenticated", "/apis"), 0.01),
    ];

    /// <summary>The moments at which a request passes the audit handler, unless it fails to authenticate or panics.</summary>
    public static Stages StagesOf(AuditRequest request) => request.Verb == "watch"
        ? Stages.RequestReceived | Stages.ResponseStarted | Stages.ResponseComplete
        : Stages.RequestReceived | Stages.ResponseComplete;

    private static AuditRequest Resource(string user, string[] groups, string verb, string resource, string apiGroup, string inNamespace, string subresource = "") => new()
    {
        User = user,
        Groups = groups,
        Verb = verb,
        IsResourceRequest = true,
        Resource = resource,
        Subresource = subresource,
        ApiGroup = apiGroup,
        Namespace = inNamespace,
        Name = verb is "list" or "watch" || (verb == "create" && subresource.Length == 0) ? "" : "example",
    };

    private static AuditRequest Path(string user, string group, string path) => new() { User = user, Groups = [group], Verb = "get", IsResourceRequest = false, Path = path };
}
