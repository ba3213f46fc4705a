using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>A selector of a rule that does not hold for a request.</summary>
/// <param name="Selector">Field of the rule, such as <c>users</c>.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record Mismatch(string Selector, string Reason);

/// <summary>Says why a rule does not match: for people who wonder, not for the path of every request.</summary>
public static class RuleExplanation
{
    private const int ValuesShown = 5;

    /// <summary>Every selector that does not hold; empty exactly when the rule matches.</summary>
    public static ImmutableArray<Mismatch> Mismatches(PolicyRule rule, AuditRequest request) =>
    [
        .. User("users", rule.Users, request, rule.Users.Contains(request.User ?? ""), $"{Quote(request.User)} is not"),
        .. User("userGroups", rule.UserGroups, request, rule.UserGroups.Any(group => request.Groups.Contains(group)), request.Groups.Count == 0 ? "the user is in no group, so not" : $"none of {Join(request.Groups)} is"),
        .. Unless(rule.Verbs.IsEmpty || rule.Verbs.Contains(request.Verb), "verbs", $"{Quote(request.Verb)} is not {OneOf(rule.Verbs)}"),
        .. Namespace(rule, request),
        .. Resources(rule, request),
        .. Paths(rule, request),
    ];

    private static IEnumerable<Mismatch> User(string selector, ImmutableArray<string> values, AuditRequest request, bool contains, string who) =>
        values.IsEmpty ? []
        : request.User is null ? [new Mismatch(selector, "authentication failed, and a rule about users never matches then")]
        : Unless(contains, selector, $"{who} {OneOf(values)}");

    private static IEnumerable<Mismatch> Namespace(PolicyRule rule, AuditRequest request) =>
        rule.Namespaces.IsEmpty ? []
        : !request.IsResourceRequest ? [new Mismatch("namespaces", $"{request.Path} is not a resource")]
        : Unless(
            rule.Namespaces.Contains(request.Namespace),
            "namespaces",
            $"{(request.Namespace.Length == 0 ? "the request is cluster-scoped or over all namespaces (\"\"), which is not" : $"{Quote(request.Namespace)} is not")} {OneOf(rule.Namespaces)}");

    private static IEnumerable<Mismatch> Resources(PolicyRule rule, AuditRequest request)
    {
        if (rule.Resources.IsEmpty)
        {
            return [];
        }

        if (!request.IsResourceRequest)
        {
            return [new Mismatch("resources", $"{request.Path} is not a resource")];
        }

        var reasons = rule.Resources.Select(entry => WhyNot(entry, request)).ToList();
        var nearest = reasons.MaxBy(reason => reason.Nearness);
        return Unless(reasons.Exists(reason => reason.Text is null), "resources", nearest.Text ?? "");
    }

    // The entry that came closest says most.
    private static (int Nearness, string? Text) WhyNot(GroupResources entry, AuditRequest request)
    {
        if (entry.Group != "*" && entry.Group != request.ApiGroup)
        {
            return (0, $"no entry is about the API group {Quote(request.ApiGroup)}");
        }

        if (entry.Resources.IsEmpty)
        {
            return (3, null);
        }

        var name = request.FullResource;
        if (!entry.Resources.Any(text => new ResourcePattern(text).Matches(request.Resource, request.Subresource)))
        {
            return request.Subresource.Length > 0 && entry.Resources.Contains(request.Resource)
                ? (2, $"\"{request.Resource}\" does not cover its subresource {name}: name it")
                : (1, $"{name} is not {OneOf(entry.Resources)}");
        }

        return entry.ResourceNames.IsEmpty || entry.ResourceNames.Contains(request.Name) ? (3, null)
            : request.Name.Length == 0 ? (2, $"the request names no object, and the entry has resourceNames {Join(entry.ResourceNames)}")
            : (2, $"the name {Quote(request.Name)} is not {OneOf(entry.ResourceNames)}");
    }

    private static IEnumerable<Mismatch> Paths(PolicyRule rule, AuditRequest request) =>
        rule.NonResourceUrls.IsEmpty ? []
        : request.IsResourceRequest ? [new Mismatch("nonResourceURLs", $"{request.FullResource} is a resource")]
        : Unless(rule.NonResourceUrls.Any(url => RuleMatcher.MatchesPath(url, request.Path)), "nonResourceURLs", $"{request.Path} is not {OneOf(rule.NonResourceUrls)}");

    private static IEnumerable<Mismatch> Unless(bool holds, string selector, string reason) => holds ? [] : [new Mismatch(selector, reason)];

    private static string OneOf(ImmutableArray<string> values) => values.Length == 1 ? Quote(values[0]) : $"one of {Join(values)}";

    private static string Join(IReadOnlyList<string> values) =>
        string.Join(", ", values.Take(ValuesShown).Select(value => value.Length == 0 ? "\"\"" : value)) + (values.Count > ValuesShown ? $" and {values.Count - ValuesShown} more" : "");

    private static string Quote(string? text) => GoText.Quote(text ?? "");
}
