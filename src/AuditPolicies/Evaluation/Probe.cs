using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>A kind of request that lints and standards ask the evaluator about.</summary>
/// <param name="Group">API group, "" for core.</param>
/// <param name="Resource"><c>pods</c> or <c>pods/exec</c>.</param>
/// <param name="Verbs">Verbs to try.</param>
internal sealed record Probe(string Group, string Resource, params string[] Verbs)
{
    // Bounds the work on a rule with long lists. A finding missed there costs less than an operator kept busy by one object.
    private const int MaxValues = 16;
    private const int MaxRequests = 256;

    /// <summary>A person who logged in.</summary>
    public static readonly Identity Person = new("jane@example.com", ["developers", "system:authenticated"]);

    public static readonly Identity ServiceAccount =
        new("system:serviceaccount:default:app", ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"]);

    public static readonly Identity ControllerManager = new("system:kube-controller-manager", ["system:authenticated"]);

    public static readonly Identity Node = new("system:node:worker-1", ["system:nodes", "system:authenticated"]);

    /// <summary>A request whose credentials were refused.</summary>
    public static readonly Identity Nobody = new(null, []);

    /// <summary>One request per verb by somebody.</summary>
    public IEnumerable<AuditRequest> By(Identity identity) =>
        Verbs.Select(verb => Request(identity, verb, "default", "example"));

    /// <summary>
    /// Requests made to fit a rule: its own users, groups, namespaces and names where it has any. One of them being decided by the rule
    /// proves that the rule handles such requests.
    /// </summary>
    public IEnumerable<AuditRequest> Fitting(PolicyRule rule)
    {
        var requests =
            from identity in Identities(rule)
            from space in rule.Namespaces.IsEmpty ? ["default"] : rule.Namespaces.Take(MaxValues)
            from name in Names(rule)
            from verb in Verbs
            where rule.Verbs.IsEmpty || rule.Verbs.Contains(verb)
            select Request(identity, verb, space, name);
        return requests.Take(MaxRequests);
    }

    private AuditRequest Request(Identity identity, string verb, string space, string name)
    {
        var slash = Resource.IndexOf('/', StringComparison.Ordinal);
        return new AuditRequest
        {
            User = identity.User,
            Groups = identity.Groups,
            Verb = verb,
            IsResourceRequest = true,
            ApiGroup = Group,
            Namespace = space,
            Resource = slash < 0 ? Resource : Resource[..slash],
            Subresource = slash < 0 ? "" : Resource[(slash + 1)..],
            Name = verb is "list" or "deletecollection" || (verb == "create" && slash < 0) ? "" : name,
        };
    }

    private static IEnumerable<Identity> Identities(PolicyRule rule)
    {
        var bases = rule.Users.IsEmpty
            ? [Person, ServiceAccount, ControllerManager]
            : rule.Users.Take(MaxValues).Select(user => new Identity(user, ["system:authenticated"]));
        return rule.UserGroups.IsEmpty
            ? bases
            : bases.SelectMany(identity => rule.UserGroups.Take(MaxValues).Select(group => identity with { Groups = [group] }));
    }

    private static ImmutableArray<string> Names(PolicyRule rule)
    {
        var names = rule.Resources.SelectMany(entry => entry.ResourceNames).Distinct(StringComparer.Ordinal).Take(MaxValues).ToImmutableArray();
        return names.IsEmpty ? ["example"] : names;
    }
}

/// <summary>Who sends a probe; a null user is a failed authentication.</summary>
internal sealed record Identity(string? User, ImmutableArray<string> Groups);
