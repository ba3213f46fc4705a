using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

/// <summary>The rules of matching written down a second time, as plainly as they read: concatenated names and regular expressions.</summary>
internal static class NaiveEvaluator
{
    public static Decision Decide(Policy policy, AuditRequest request)
    {
        var index = policy.Rules.ToList().FindIndex(rule => Matches(rule, request));
        return index < 0
            ? new Decision(Level.None, policy.OmitStages, policy.OmitManagedFields, -1)
            : new Decision(
                policy.Rules[index].Level,
                policy.OmitStages | policy.Rules[index].OmitStages,
                policy.Rules[index].OmitManagedFields ?? policy.OmitManagedFields,
                index);
    }

    public static bool Matches(PolicyRule rule, AuditRequest request)
    {
        var selectors = new List<bool>();
        if (rule.Users.Any())
        {
            selectors.Add(request.User is not null && rule.Users.Contains(request.User));
        }

        if (rule.UserGroups.Any())
        {
            selectors.Add(request.User is not null && rule.UserGroups.Intersect(request.Groups).Any());
        }

        if (rule.Verbs.Any())
        {
            selectors.Add(rule.Verbs.Contains(request.Verb));
        }

        if (rule.Namespaces.Any())
        {
            selectors.Add(request.IsResourceRequest && rule.Namespaces.Contains(request.Namespace));
        }

        if (rule.Resources.Any())
        {
            selectors.Add(request.IsResourceRequest && rule.Resources.Any(entry => Matches(entry, request)));
        }

        if (rule.NonResourceUrls.Any())
        {
            selectors.Add(!request.IsResourceRequest && rule.NonResourceUrls.Any(url => MatchesPath(url, request.Path)));
        }

        return selectors.TrueForAll(holds => holds);
    }

    private static bool Matches(GroupResources entry, AuditRequest request)
    {
        var fullName = request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}";
        return (entry.Group == "*" || entry.Group == request.ApiGroup)
            && (!entry.Resources.Any() || entry.Resources.Any(text => MatchesName(text, fullName, request)))
            && (!entry.ResourceNames.Any() || entry.ResourceNames.Contains(request.Name));
    }

    private static bool MatchesName(string text, string fullName, AuditRequest request) =>
        text == "*"
        || text == fullName
        || (request.Subresource.Length > 0 && text == "*/" + request.Subresource)
        || text == request.Resource + "/*";

    private static bool MatchesPath(string url, string path)
    {
        var pattern = url.EndsWith('*') ? Regex.Escape(url[..^1]) + ".*" : Regex.Escape(url);
        return new Regex($@"\A{pattern}\z", RegexOptions.Singleline, TimeSpan.FromSeconds(1)).IsMatch(path);
    }
}
