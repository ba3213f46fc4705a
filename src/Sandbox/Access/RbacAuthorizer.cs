using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Access;

/// <summary>Decides from the Roles, ClusterRoles and bindings in the store. Members of system:masters may do everything.</summary>
internal sealed class RbacAuthorizer(ObjectStore store) : IAuthorizer
{
    private const string Masters = "system:masters";

    private static readonly StorageName Roles = new(BuiltInKinds.RbacGroup, "roles");
    private static readonly StorageName ClusterRoles = new(BuiltInKinds.RbacGroup, "clusterroles");
    private static readonly StorageName RoleBindings = new(BuiltInKinds.RbacGroup, "rolebindings");
    private static readonly StorageName ClusterRoleBindings = new(BuiltInKinds.RbacGroup, "clusterrolebindings");

    private volatile Policy? _policy;

    public AccessDecision Authorize(AccessRequest request)
    {
        if (request.User.Groups.Contains(Masters))
        {
            return new AccessDecision(true, "");
        }
        foreach (var (grant, subject) in GrantsOf(request.User, request.IsResource ? request.Namespace : ""))
        {
            if (grant.Rules.Any(rule => rule.Allows(request)))
            {
                return new AccessDecision(true, $"RBAC: allowed by {grant.Binding} of {grant.Role} to {subject}");
            }
        }
        return new AccessDecision(false, "");
    }

    /// <summary>Every rule that holds for the user in a namespace, or at cluster scope (empty).</summary>
    public IEnumerable<PolicyRule> RulesOf(UserInfo user, string @namespace) => user.Groups.Contains(Masters)
        ? [new PolicyRule(["*"], ["*"], ["*"], [], []), new PolicyRule(["*"], [], [], [], ["*"])]
        : GrantsOf(user, @namespace).SelectMany(found => found.Grant.Rules);

    /// <summary>The rules behind a roleRef; none when the role is not there.</summary>
    /// <param name="namespace">Of the binding; empty for a ClusterRoleBinding.</param>
    public IEnumerable<PolicyRule> RulesBehind(JsonNode? roleRef, string @namespace)
    {
        var name = (string?)roleRef?["name"] ?? "";
        var role = (string?)roleRef?["kind"] == "Role" ? store.Get(Roles, @namespace, name) : store.Get(ClusterRoles, null, name);
        return role is null ? [] : PolicyRule.AllOf(role.Content);
    }

    private IEnumerable<(Grant Grant, string Subject)> GrantsOf(UserInfo user, string @namespace) => Current().Grants
        .Where(grant => grant.Namespace.Length == 0 || grant.Namespace == @namespace)
        .Select(grant => (Grant: grant, Subject: grant.Subjects.FirstOrDefault(subject => subject.Is(user))))
        .Where(found => found.Subject is not null)
        .Select(found => (found.Grant, found.Subject!.ToString()));

    /// <summary>The policy is read anew only when one of its objects changed: most requests find it as it was.</summary>
    private Policy Current()
    {
        var sets = (store.Snapshot(ClusterRoleBindings).Objects, store.Snapshot(RoleBindings).Objects, store.Snapshot(ClusterRoles).Objects, store.Snapshot(Roles).Objects);
        var policy = _policy;
        if (policy is null || !policy.Matches(sets))
        {
            _policy = policy = new Policy(sets, [.. Read(sets.Item1), .. Read(sets.Item2)]);
        }
        return policy;
    }

    private IEnumerable<Grant> Read(ImmutableSortedSet<StoredObject> bindings) => bindings.Select(binding =>
    {
        var role = binding.Content["roleRef"];
        var kind = binding.Namespace.Length == 0 ? "ClusterRoleBinding" : "RoleBinding";
        var shown = binding.Namespace.Length == 0 ? binding.Name : $"{binding.Name}/{binding.Namespace}";
        return new Grant(binding.Namespace, $"{kind} \"{shown}\"", $"{(string?)role?["kind"]} \"{(string?)role?["name"]}\"",
            [.. RulesBehind(role, binding.Namespace)],
            [.. (binding.Content["subjects"] as JsonArray ?? []).OfType<JsonObject>().Select(subject => Subject.Of(subject, binding.Namespace))]);
    });

    private sealed record Grant(string Namespace, string Binding, string Role, IReadOnlyList<PolicyRule> Rules, IReadOnlyList<Subject> Subjects);

    private sealed record Subject(string Kind, string Name, string Namespace)
    {
        /// <summary>A ServiceAccount without a namespace is one of the binding's.</summary>
        public static Subject Of(JsonObject subject, string bindingNamespace) => new((string?)subject["kind"] ?? "", (string?)subject["name"] ?? "",
            (string?)subject["namespace"] is { Length: > 0 } given ? given : bindingNamespace);

        public bool Is(UserInfo user) => Kind switch
        {
            "User" => user.Name == Name,
            "Group" => user.Groups.Contains(Name),
            "ServiceAccount" => user.Name == $"system:serviceaccount:{Namespace}:{Name}",
            _ => false,
        };

        public override string ToString() => Kind == "ServiceAccount" ? $"{Kind} \"{Name}/{Namespace}\"" : $"{Kind} \"{Name}\"";
    }

    private sealed class Policy(
        (ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>) sets,
        ImmutableArray<Grant> grants)
    {
        public ImmutableArray<Grant> Grants { get; } = grants;

        public bool Matches((ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>, ImmutableSortedSet<StoredObject>) now) =>
            ReferenceEquals(sets.Item1, now.Item1) && ReferenceEquals(sets.Item2, now.Item2) && ReferenceEquals(sets.Item3, now.Item3) && ReferenceEquals(sets.Item4, now.Item4);
    }
}
