using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>The words that the rules of this edition are made of.</summary>
internal static class Selectors
{
    public const string Authenticated = "system:authenticated";
    public const string Nodes = "system:nodes";
    public const string ServiceAccounts = "system:serviceaccounts";

    /// <summary>The controllers of kube-controller-manager and whatever else runs in kube-system.</summary>
    public const string SystemServiceAccounts = "system:serviceaccounts:kube-system";

    public static readonly ImmutableArray<string> Reads = ["get", "list", "watch"];

    /// <summary>With deletecollection, which deletes all objects at once and is a verb of its own.</summary>
    public static readonly ImmutableArray<string> Writes = ["create", "update", "patch", "delete", "deletecollection"];

    /// <summary>The service account of a controller inside kube-controller-manager.</summary>
    public static string Controller(string name) => ServiceAccount("kube-system", name);

    public static string ServiceAccount(string space, string name) => $"system:serviceaccount:{space}:{name}";

    public static GroupResources Core(params ImmutableArray<string> resources) => Group("", resources);

    /// <summary>Resources of an API group; without any, the whole group with all subresources.</summary>
    public static GroupResources Group(string group, params ImmutableArray<string> resources) => new() { Group = group, Resources = resources };

    /// <summary>A rule for everybody and every verb.</summary>
    public static PolicyRule Record(Level level, params ImmutableArray<GroupResources> resources) => new() { Level = level, Resources = resources };
}
