using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>
/// Selectors that say what they mean, where there is only one thing they can mean. Rules that record nothing, or not every stage, are left
/// alone: one that suddenly matches would silence what is recorded today.
/// </summary>
internal static class SelectorRepairs
{
    public static IEnumerable<PolicyEdit> PossibleVerbs(LintContext context, Finding finding)
    {
        var (rule, path) = Recording(context, finding);
        return rule is null ? []
            : rule.Verbs.Contains("*") ? [new PolicyEdit.Drop($"{path}.verbs")]
            : Mended($"{path}.verbs", rule.Verbs, verb => SelectorLints.IsVerb(verb) ? verb : verb.ToLowerInvariant(), SelectorLints.IsVerb);
    }

    public static IEnumerable<PolicyEdit> PossibleResources(LintContext context, Finding finding)
    {
        var (rule, path) = Recording(context, finding);
        return rule is null ? [] : rule.Resources.SelectMany((entry, index) => Mended(
            $"{path}.resources[{index}].resources",
            entry.Resources,
            resource => SelectorLints.IsResourceText(resource) ? resource : resource == "*/*" ? "*" : resource.ToLowerInvariant().TrimEnd('/'),
            SelectorLints.IsResourceText));
    }

    // Without namespaces and resources the rule would also be about paths.
    public static IEnumerable<PolicyEdit> PossibleNamespaces(LintContext context, Finding finding) =>
        Recording(context, finding) is ({ Resources.IsEmpty: false } rule, var path) && rule.Namespaces.Contains("*") ? [new PolicyEdit.Drop($"{path}.namespaces")] : [];

    public static IEnumerable<PolicyEdit> PossibleUsers(LintContext context, Finding finding)
    {
        var (rule, path) = Recording(context, finding);
        return rule is null ? []
            : new[] { (Field: "users", Values: rule.Users), (Field: "userGroups", Values: rule.UserGroups) }
                .Where(list => list.Values.Contains("*"))
                .Select(list => new PolicyEdit.Drop($"{path}.{list.Field}"));
    }

    public static IEnumerable<PolicyEdit> EveryGroup(LintContext context, Finding finding) =>
        Recording(context, finding) is ({ }, var path) ? [new PolicyEdit.Drop($"{path}.userGroups")] : [];

    public static IEnumerable<PolicyEdit> NoManagedFields(LintContext context, Finding finding) => [new PolicyEdit.Drop($"rules[{finding.RuleIndex}].omitManagedFields")];

    private static (PolicyRule? Rule, string Path) Recording(LintContext context, Finding finding)
    {
        var rule = context.Policy.Rules[finding.RuleIndex!.Value];
        return (context.RecordsFully(rule) ? rule : null, $"rules[{finding.RuleIndex}]");
    }

    private static IEnumerable<PolicyEdit> Mended(string path, ImmutableArray<string> values, Func<string, string> mend, Func<string, bool> isPossible)
    {
        var known = values.ToHashSet(StringComparer.Ordinal);
        foreach (var value in values.Distinct(StringComparer.Ordinal))
        {
            var mended = mend(value);
            if (mended != value && isPossible(mended))
            {
                yield return known.Add(mended) ? new PolicyEdit.ReplaceValue(path, value, mended) : new PolicyEdit.DropValue(path, value);
            }
        }
    }
}
