using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>Requests that a rule matches. Resources that no request could have are passed over.</summary>
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

    /// <summary>Whether a listed resource is not of a form that a request could have.</summary>
    public bool HasOddResources => Rule.Resources.Any(entry => entry.Resources.Any(text => !SelectorLints.IsResourceText(text)));

    /// <summary>How many combinations there are of the values that the rule lists.</summary>
    public double Combinations =>
        Many(Rule.Users) * Many(Rule.UserGroups) * Many(Rule.Verbs) * Many(Rule.Namespaces) * Many(Rule.NonResourceUrls)
        * (Rule.Resources.IsEmpty ? 1 : Rule.Resources.Sum(entry => Many(entry.Resources) * Many(entry.ResourceNames)));

    /// <summary>One or more for every combination.</summary>
    public IEnumerable<AuditRequest> ForEveryCombination()
    {
        var requests = IsForPaths ? [] : ForResources();
        return Rule.SelectsResources ? requests : requests.Concat(ForPaths());
    }

    /// <summary>
    /// One or more for every value, the other selectors at their first. A rule that matches all of these matches all that this one does:
    /// selectors hold or fail one by one. Only within <c>resources</c> every combination is tried, since its entries pair names with resources.
    /// </summary>
    public IEnumerable<AuditRequest> ForEveryValue()
    {
        var first = Rule with
        {
            Users = First(Rule.Users),
            UserGroups = First(Rule.UserGroups),
            Verbs = First(Rule.Verbs),
            Namespaces = First(Rule.Namespaces),
            NonResourceUrls = First(Rule.NonResourceUrls),
            Resources = [.. Rule.Resources.Select(FirstOf).OfType<GroupResources>().Take(1)],
        };
        return new[] { first with { Resources = Rule.Resources } }
            .Concat(Rule.Users.Skip(1).Select(user => first with { Users = [user] }))
            .Concat(Rule.UserGroups.Skip(1).Select(group => first with { UserGroups = [group] }))
            .Concat(Rule.Verbs.Skip(1).Select(verb => first with { Verbs = [verb] }))
            .Concat(Rule.Namespaces.Skip(1).Select(space => first with { Namespaces = [space] }))
            .Concat(Rule.NonResourceUrls.Skip(1).Select(url => first with { NonResourceUrls = [url] }))
            .SelectMany(rule => (this with { Rule = rule }).ForEveryCombination());
    }

    private IEnumerable<AuditRequest> ForResources() =>
        from identity in Identities()
        from target in Targets()
        from space in Rule.Namespaces.IsEmpty ? [Unmentioned] : Rule.Namespaces
        from verb in Verbs(ResourceVerbs)
        select target with { User = identity.User, Groups = identity.Groups, Verb = verb, Namespace = space };

    private IEnumerable<AuditRequest> ForPaths() =>
        from identity in Identities()
        from url in IsForPaths ? Rule.NonResourceUrls : ["*"]
        from verb in Verbs(PathVerbs)
        select new AuditRequest { User = identity.User, Groups = identity.Groups, Verb = verb, IsResourceRequest = false, Path = Path(url) };

    // A path starts with a slash, except that of a request for a whole URL of the server's name alone.
    private string Path(string url) => !url.EndsWith('*') ? url : (url == "*" && LikelyValues ? "/" : url.TrimEnd('*')) + Unmentioned;

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

    private static GroupResources? FirstOf(GroupResources entry) =>
        entry.Resources.IsEmpty ? entry
        : entry.Resources.FirstOrDefault(SelectorLints.IsResourceText) is { } possible ? entry with { Resources = [possible], ResourceNames = First(entry.ResourceNames) }
        : null;

    private static ImmutableArray<string> First(ImmutableArray<string> values) => values.IsEmpty ? values : [values[0]];

    private static double Many(ImmutableArray<string> values) => Math.Max(1, values.Length);
}
