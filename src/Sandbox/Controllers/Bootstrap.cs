using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Controllers;

/// <summary>What a cluster has before anybody asked for anything: its first namespaces, and the roles that let everybody look around.</summary>
internal static class Bootstrap
{
    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];
    private static readonly string[] Authenticated = ["system:authenticated"];
    private static readonly string[] Everybody = ["system:authenticated", "system:unauthenticated"];
    private static readonly string[] Accounts = ["system:serviceaccounts"];
    private static readonly string[] Masters = ["system:masters"];

    private const string DiscoveryPaths =
        """["/api","/api/*","/apis","/apis/*","/healthz","/livez","/openapi","/openapi/*","/readyz","/version","/version/"]""";

    private static readonly (string Name, string Rules, string[] Groups)[] Roles =
    [
        ("cluster-admin", """[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]},{"verbs":["*"],"nonResourceURLs":["*"]}]""", Masters),
        ("system:basic-user",
            """[{"verbs":["create"],"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"]},{"verbs":["create"],"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"]}]""",
            Authenticated),
        ("system:discovery", $$"""[{"verbs":["get"],"nonResourceURLs":{{DiscoveryPaths}}}]""", Authenticated),
        ("system:public-info-viewer", """[{"verbs":["get"],"nonResourceURLs":["/healthz","/livez","/readyz","/version","/version/"]}]""", Everybody),
        ("system:service-account-issuer-discovery",
            """[{"verbs":["get"],"nonResourceURLs":["/.well-known/openid-configuration","/.well-known/openid-configuration/","/openid/v1/jwks","/openid/v1/jwks/"]}]""",
            Accounts),
    ];

    public static void Create(ResourceCatalog catalog, ObjectWriter writer)
    {
        var namespaces = catalog.Find("", "v1", "namespaces")!;
        foreach (var name in Namespaces)
        {
            writer.Create(namespaces, Object("Namespace", "v1", name), "kube-apiserver");
        }
        const string Rbac = "rbac.authorization.k8s.io/v1";
        var (roles, bindings) = (catalog.Find("rbac.authorization.k8s.io", "v1", "clusterroles")!, catalog.Find("rbac.authorization.k8s.io", "v1", "clusterrolebindings")!);
        foreach (var (name, rules, groups) in Roles)
        {
            var role = Object("ClusterRole", Rbac, name);
            role["rules"] = JsonNode.Parse(rules);
            writer.Create(roles, role, "kube-apiserver");
            var binding = Object("ClusterRoleBinding", Rbac, name);
            binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = name };
            binding["subjects"] = new JsonArray([.. groups.Select(group => new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "Group", ["name"] = group })]);
            writer.Create(bindings, binding, "kube-apiserver");
        }
    }

    private static JsonObject Object(string kind, string apiVersion, string name)
    {
        var labels = new JsonObject();
        if (kind != "Namespace")
        {
            labels["kubernetes.io/bootstrapping"] = "rbac-defaults";
        }
        var metadata = new JsonObject { ["name"] = name };
        if (labels.Count > 0)
        {
            metadata["labels"] = labels;
        }
        return new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion, ["metadata"] = metadata };
    }
}
