using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>Requests that a rule matches, at least one for every combination of the values it lists.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Unmentioned">See <see cref="LintContext.UnmentionedText"/>; stands for every value the policy does not know.</param>
/// <param name="LikelyValues">
/// True: what is left open takes the values an API server sees: its verbs, and the groups that come with a user. False: it takes the
/// unmentioned text, which only a rule that leaves it open too can match.
/// </param>
internal sealed record RuleRequests(PolicyRule Rule, string Unmentioned, bool LikelyValues)
{
    private static readonly ImmutableArray<string> ResourceVerbs = ["create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"];
    private static readonly ImmutableArray<string> PathVerbs = ["get", "post", "put", "patch", "delete", "head", "options"];

    private bool IsForPaths => !Rule.NonResourceUrls.IsEmpty;

    /// <summary>Whether a listed resource is not of a form that a request could have; those are left out of <see cref="All"/>.</summary>
    public bool HasOddResources => Rule.Resources.Any(entry => entry.Resources.Any(text => !SelectorLints.IsResourceText(text)));

    /// <summary>How many there are without odd resources; may exceed any bound.</summary>
    public long Count
    {
        get
        {
            var entries = Rule.Resources.IsEmpty ? 1 : Rule.Resources.Sum(entry => Math.Max(1, entry.Resources.Length) * (double)Math.Max(1, entry.ResourceNames.Length));
            var count = Identities().LongCount() * (double)Math.Max(1, Rule.Verbs.Length) * Math.Max(1, Rule.Namespaces.Length) * entries * Math.Max(1, Rule.NonResourceUrls.Length)
                * (Rule.SelectsResources || IsForPaths ? 1 : 2);
            return (long)Math.Min(count, int.MaxValue);
        }
    }

    public IEnumerable<AuditRequest> All()
    {
        var requests = IsForPaths ? [] : ForResources();
        return Rule.SelectsResources ? requests : requests.Concat(ForPaths());
    }

    private IEnumerable<AuditRequest> ForResources() =>
        from identity in Identities()
        from target in Targets()
        from space in Rule.Namespaces.IsEmpty ? [Unmentioned] : Rule.Namespaces
        from verb in Verbs(ResourceVerbs)
        select target with { User = identity.User, Groups = identity.Groups, Verb = verb, Namespace = space };

    private IEnumerable<AuditRequest> ForPaths() =>
        from identity in Identities()
        from url in IsForPaths ? Rule.NonResourceUrls : ["/*"]
        from verb in Verbs(PathVerbs)
        select new AuditRequest
        {
            User = identity.User,
            Groups = identity.Groups,
            Verb = verb,
            IsResourceRequest = false,
            Path = url.EndsWith('*') ? (url == "*" ? "/" : url.TrimEnd('*')) + Unmentioned : url,
        };

    private ImmutableArray<string> Verbs(ImmutableArray<string> likely) => !Rule.Verbs.IsEmpty ? Rule.Verbs : LikelyValues ? likely : [Unmentioned];

    // Nobody is the hardest user of all: no rule about users or groups matches a failed authentication.
    private IEnumerable<Identity> Identities()
    {
        if (Rule.Users.IsEmpty && Rule.UserGroups.IsEmpty)
        {
            return LikelyValues
                ? [Probe.Nobody, Named(Unmentioned, []), Named("system:anonymous", [])]
                : [Probe.Nobody];
        }

        return
            from user in Rule.Users.IsEmpty ? [Unmentioned] : Rule.Users
            from groups in Rule.UserGroups.IsEmpty ? [ImmutableArray<string>.Empty] : Rule.UserGroups.Select(name => ImmutableArray.Create(name))
            select Named(user, groups);
    }

    private Identity Named(string user, ImmutableArray<string> groups) =>
        new(user, LikelyValues ? [.. groups.Concat(ImpliedGroups.Of(user, groups))] : groups);

    private IEnumerable<AuditRequest> Targets()
    {
        if (Rule.Resources.IsEmpty)
        {
            return [Target(Unmentioned, "*", Unmentioned)];
        }

        return
            from entry in Rule.Resources
            from resource in entry.Resources.IsEmpty ? ["*"] : entry.Resources.Where(SelectorLints.IsResourceText)
            from name in entry.ResourceNames.IsEmpty ? [Unmentioned] : entry.ResourceNames
            select Target(entry.Group == "*" ? Unmentioned : entry.Group, resource, name);
    }

    // Who matches an unmentioned subresource of a resource also matches the resource itself.
    private AuditRequest Target(string group, string pattern, string name)
    {
        var (resource, subresource) = pattern == "*" ? (Unmentioned, Unmentioned)
            : pattern.Split('/') is [var parent, var child] ? (Open(parent), Open(child))
            : (pattern, "");
        return new AuditRequest { Verb = "", IsResourceRequest = true, ApiGroup = group, Resource = resource, Subresource = subresource, Name = name };
    }

    private string Open(string text) => text == "*" ? Unmentioned : text;
}
