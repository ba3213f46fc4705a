using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>
/// Secrets out of the log, and their traces into it. A new rule has the selectors of the one it goes before, so that it decides no request
/// but those the finding is about.
/// </summary>
internal static class SecretRepairs
{
    public static IEnumerable<PolicyEdit> RecordWithoutBodies(LintContext context, Finding finding)
    {
        var index = finding.RuleIndex!.Value;
        var rule = context.Policy.Rules[index];
        var leaked = SensitiveDataLints.LeakedBy(context, index);
        if (IsOnlyAbout(rule, leaked))
        {
            return [new PolicyEdit.SetText($"rules[{index}].level", nameof(Level.Metadata))];
        }

        // Names belong to single entries: which of the objects of a rule leak is then for a person to sort out.
        if (rule.Resources.Any(entry => !entry.ResourceNames.IsEmpty))
        {
            return [];
        }

        var entries = leaked.GroupBy(target => target.Group).Select(group => new GroupResources { Group = group.Key, Resources = [.. group.Select(target => target.Resource)] });
        return [new PolicyEdit.InsertRule($"rules[{index}]", Recording(rule, [.. entries]), "Without content, which everyone who can read the log could read.")];
    }

    public static IEnumerable<PolicyEdit> RecordReads(LintContext context, Finding finding)
    {
        // A rule that names secrets hides them on purpose, and where there is no rule, a person has to say how much is recorded.
        if (finding.RuleIndex is not { } index || context.Policy.Rules[index].Resources.Any(entry => entry.Resources.Contains("secrets") || !entry.ResourceNames.IsEmpty))
        {
            return [];
        }

        var rule = context.Policy.Rules[index];
        var reads = Recording(rule, [new GroupResources { Resources = ["secrets"] }]) with
        {
            Verbs = [.. SensitiveDataLints.Reads.Where(verb => rule.Verbs.IsEmpty || rule.Verbs.Contains(verb))],
            OmitStages = Stages.None,
        };
        return [new PolicyEdit.InsertRule($"rules[{index}]", reads, "Whoever reads secrets leaves a trace.")];
    }

    public static IEnumerable<PolicyEdit> RecordDeletecollection(LintContext context, Finding finding) =>
        context.RecordsFully(context.Policy.Rules[finding.RuleIndex!.Value]) ? [new PolicyEdit.AddValue($"rules[{finding.RuleIndex}].verbs", "deletecollection")] : [];

    private static PolicyRule Recording(PolicyRule rule, ImmutableArray<GroupResources> resources) =>
        rule with { Level = Level.Metadata, Resources = resources, OmitManagedFields = null };

    private static bool IsOnlyAbout(PolicyRule rule, IReadOnlyCollection<(string Group, string Resource)> targets) =>
        !rule.Resources.IsEmpty
        && rule.Resources.All(entry => !entry.Resources.IsEmpty && entry.Resources.All(resource => targets.Contains((entry.Group, resource))));
}
