using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>Selectors that the API server accepts but no request, or not the intended one, ever satisfies.</summary>
internal static partial class SelectorLints
{
    private static readonly HashSet<string> Verbs = new(StringComparer.Ordinal)
    {
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "proxy", "",
        "post", "put", "head", "options", "trace", "connect",
    };

    private static readonly string[] NamelessVerbs = ["create", "list", "watch", "deletecollection"];

    public static IEnumerable<Finding> ImpossibleVerb(LintContext context) =>
        from entry in context.Rules
        from verb in entry.Rule.Verbs
        where !IsVerb(verb)
        select new Finding(
            "impossible-verb",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}].verbs has \"{verb}\", which no request has",
            "Verbs are compared exactly, in lower case, and there is no wildcard; RBAC's own verbs (use, bind, escalate, impersonate) never appear as request verbs.",
            verb == "*" ? "Leave verbs out to match every verb." : $"Use {Suggestion(verb)}.");

    public static IEnumerable<Finding> ImpossibleResource(LintContext context) =>
        from entry in context.Rules
        from resources in entry.Rule.Resources
        from resource in resources.Resources
        where !IsResourceText(resource)
        select new Finding(
            "impossible-resource",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}].resources has \"{resource}\", which matches nothing",
            "A resource is its lower-case plural, with a subresource as pods/log; the only wildcards are *, pods/* and */log.",
            resource == "*/*" ? "Use \"*\": it covers every resource with its subresources." : "Write the plural as in the URL, such as deployments or pods/log.");

    public static IEnumerable<Finding> ImpossibleNamespace(LintContext context) =>
        from entry in context.Rules
        from space in entry.Rule.Namespaces
        where space.Contains('*', StringComparison.Ordinal)
        select new Finding(
            "impossible-namespace",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}].namespaces has \"{space}\", which no namespace is called",
            "Namespaces are compared exactly; there is no wildcard.",
            "Leave namespaces out to match all, or list them; \"\" stands for cluster-scoped objects and lists over all namespaces.");

    public static IEnumerable<Finding> ImpossibleUser(LintContext context) =>
        from entry in context.Rules
        from user in entry.Rule.Users.Concat(entry.Rule.UserGroups)
        where user.Contains('*', StringComparison.Ordinal)
        select new Finding(
            "impossible-user",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}] selects the user or group \"{user}\", which nobody is called",
            "Users and groups are compared exactly; there is no wildcard.",
            "Select service accounts of a namespace by the group system:serviceaccounts:<namespace>, nodes by system:nodes, everybody by leaving the list out.");

    public static IEnumerable<Finding> NamesWithoutNamedRequests(LintContext context) =>
        from entry in context.Rules
        where entry.Rule.Resources.Any(resources => !resources.ResourceNames.IsEmpty)
        let nameless = NamelessVerbs.Where(verb => entry.Rule.Verbs.Contains(verb)).ToList()
        where nameless.Count > 0
        select new Finding(
            "names-without-named-requests",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}] has resourceNames together with {string.Join(", ", nameless)}",
            "These requests carry no object name and never match (list and watch only with fieldSelector=metadata.name=...), so creating or listing the objects escapes the rule.",
            "Add a second rule without resourceNames for these verbs.");

    public static IEnumerable<Finding> RedundantGroups(LintContext context) =>
        from entry in context.Rules
        where entry.Rule.UserGroups.Contains("system:authenticated") && entry.Rule.UserGroups.Contains("system:unauthenticated")
        select new Finding(
            "redundant-groups",
            Severity.Info,
            entry.Index,
            $"rules[{entry.Index}].userGroups lists system:authenticated and system:unauthenticated, which is everybody but failed logins",
            "A request that fails to authenticate has no groups and is not matched, so a probe with bad credentials is treated unlike the others.",
            $"Drop rules[{entry.Index}].userGroups.");

    public static IEnumerable<Finding> PrefixWithoutBoundary(LintContext context) =>
        from entry in context.Rules
        let loose = entry.Rule.NonResourceUrls.Where(url => url.Length > 2 && url.EndsWith('*') && url[^2] != '/').ToList()
        where entry.Rule.Level == Level.None && loose.Count > 0
        select new Finding(
            "prefix-without-boundary",
            Severity.Info,
            entry.Index,
            $"rules[{entry.Index}] silences {string.Join(", ", loose)}: a plain text prefix, which also matches paths such as {loose[0].TrimEnd('*')}foo",
            "A trailing * is not bound to a path segment.",
            $"Write the pair {loose[0].TrimEnd('*')} and {loose[0].TrimEnd('*')}/*.");

    public static IEnumerable<Finding> ManagedFieldsWithoutBodies(LintContext context) =>
        from entry in context.Rules
        where entry.Rule.OmitManagedFields is not null && entry.Rule.Level < Level.Request
        select new Finding(
            "managed-fields-without-bodies",
            Severity.Info,
            entry.Index,
            $"rules[{entry.Index}].omitManagedFields has no effect at level {entry.Rule.Level}",
            "managedFields are part of bodies, and this level records none.",
            "Drop it; set omitManagedFields: true once for the whole policy.");

    /// <summary>Whether a request could have it.</summary>
    public static bool IsVerb(string verb) => Verbs.Contains(verb);

    /// <summary>Whether a request could have it, or it is one of the wildcards.</summary>
    public static bool IsResourceText(string text) => ResourceText().IsMatch(text);

    private static string Suggestion(string verb) =>
        Verbs.Contains(verb.ToLowerInvariant()) ? $"\"{verb.ToLowerInvariant()}\"" : "get, list, watch, create, update, patch, delete or deletecollection";

    [GeneratedRegex(@"\A(?:\*|\*/[a-z0-9][-a-z0-9.]*|[a-z0-9][-a-z0-9.]*(?:/(?:\*|[a-z0-9][-a-z0-9.]*))?)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResourceText();
}
