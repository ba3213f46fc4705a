using System.Reflection;
using System.Text.Json.Nodes;
using Comptroller.Crds.Schema;

namespace Comptroller.CrdGen;

/// <summary>
/// The permissions of the operator and of its users: what the kinds ask for with <see cref="AccessAttribute"/>, what the runtime
/// itself needs, and nothing else. No wildcards, no Secrets (section 1.11 of the runtime rules).
/// </summary>
internal static class Rbac
{
    private const string Api = "rbac.authorization.k8s.io";
    private const string Name = "comptroller";
    private const string Namespace = "comptroller-system";

    /// <summary>What every controller needs, whatever its kind: to tell in events, to find out what it may not do, and to hear of kinds that come.</summary>
    private static readonly AccessAttribute[] Runtime =
    [
        new("apiextensions.k8s.io", ["customresourcedefinitions"], ["list", "watch"]),
        new("authorization.k8s.io", ["selfsubjectaccessreviews"], ["create"]),
        new("events.k8s.io", ["events"], ["create", "patch"]),
    ];

    public static SortedDictionary<string, JsonObject[]> Build(IReadOnlyList<Type> kinds)
    {
        var resources = kinds.Select(kind => kind.GetCustomAttribute<ResourceAttribute>()!).ToArray();
        var access = kinds.SelectMany(kind => kind.GetCustomAttributes<AccessAttribute>()).Concat(Runtime);
        return new(StringComparer.Ordinal)
        {
            ["service-account.yaml"] = [Object("v1", "ServiceAccount", Name, Namespace)],
            ["manager.yaml"] = [Role("ClusterRole", "comptroller-manager", null, access), Binding("ClusterRole", "comptroller-manager", null)],
            ["leader-election.yaml"] =
            [
                LeaderElection(),
                Binding("Role", "comptroller-leader-election", Namespace),
            ],
            ["users.yaml"] =
            [
                Aggregate("view", resources, ["get", "list", "watch"]),
                Aggregate("edit", resources, ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]),
            ],
        };
    }

    /// <summary>One Lease and no other: RBAC cannot bind a creation to a name, everything after it can be.</summary>
    private static JsonObject LeaderElection()
    {
        var role = Role("Role", "comptroller-leader-election", Namespace, [new("coordination.k8s.io", ["leases"], ["create"])]);
        role["rules"]!.AsArray().Add(new JsonObject
        {
            ["apiGroups"] = Strings(["coordination.k8s.io"]),
            ["resources"] = Strings(["leases"]),
            ["resourceNames"] = Strings([Name]),
            ["verbs"] = Strings(["get", "update"]),
        });
        return role;
    }

    private static JsonObject Role(string kind, string name, string? @namespace, IEnumerable<AccessAttribute> access)
    {
        var role = Object($"{Api}/v1", kind, name, @namespace);
        role["rules"] = Rules(access);
        return role;
    }

    private static JsonObject Binding(string roleKind, string name, string? @namespace)
    {
        var binding = Object($"{Api}/v1", $"{roleKind}Binding", name, @namespace);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = Api, ["kind"] = roleKind, ["name"] = name };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Name, ["namespace"] = Namespace });
        return binding;
    }

    /// <summary>A role that the built-in role of the same name takes over: whoever may edit a namespace may edit our kinds in it.</summary>
    private static JsonObject Aggregate(string name, IEnumerable<ResourceAttribute> kinds, string[] verbs)
    {
        var role = Role("ClusterRole", $"comptroller-{name}", null, kinds.SelectMany(kind => new AccessAttribute[]
        {
            new(kind.Group, [kind.Plural], verbs),
            new(kind.Group, [$"{kind.Plural}/status"], ["get"]),
        }));
        role["metadata"]!["labels"]![$"{Api}/aggregate-to-{name}"] = "true";
        return role;
    }

    private static JsonArray Rules(IEnumerable<AccessAttribute> access) =>
        new([.. access
            .SelectMany(rule => rule.Resources, (rule, resource) => (rule.Group, Resource: resource, rule.Verbs))
            .GroupBy(rule => (rule.Group, rule.Resource))
            .Select(same => (same.Key.Group, same.Key.Resource, Verbs: same.SelectMany(rule => rule.Verbs).Distinct().Order(StringComparer.Ordinal).ToArray()))
            .GroupBy(rule => (rule.Group, Verbs: string.Join(',', rule.Verbs)))
            .Select(same => (same.Key.Group, Resources: same.Select(rule => rule.Resource).Order(StringComparer.Ordinal).ToArray(), same.First().Verbs))
            .OrderBy(rule => rule.Group, StringComparer.Ordinal)
            .ThenBy(rule => rule.Resources[0], StringComparer.Ordinal)
            .Select(rule => (JsonNode)new JsonObject
            {
                ["apiGroups"] = Strings([rule.Group]),
                ["resources"] = Strings(rule.Resources),
                ["verbs"] = Strings(rule.Verbs),
            })]);

    private static JsonObject Object(string apiVersion, string kind, string name, string? @namespace)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (@namespace is not null)
        {
            metadata["namespace"] = @namespace;
        }

        metadata["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "comptroller" };
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);
}
