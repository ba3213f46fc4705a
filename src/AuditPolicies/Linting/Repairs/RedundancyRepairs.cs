using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>
/// Rules that never apply and would change nothing if they did. One that would is not removed: more likely it stands in the wrong place, and
/// removing it would hide that. A second rule without selectors has no better place, for it would take everything from those behind it.
/// </summary>
internal static class RedundancyRepairs
{
    public static IEnumerable<PolicyEdit> DropUnreachable(LintContext context, Finding finding) => Drops(context, [finding.RuleIndex!.Value]);

    public static IEnumerable<PolicyEdit> DropBehindCatchAll(LintContext context, Finding finding) =>
        Drops(context, Enumerable.Range(context.CatchAll + 1, context.Policy.Rules.Length - context.CatchAll - 1));

    private static IEnumerable<PolicyEdit> Drops(LintContext context, IEnumerable<int> rules) => rules
        .Where(rule => context.Reachability[rule] is { Reach: Reach.Unreachable } dead && dead.DecidedBy.All(other => IsRedundant(context.Policy, rule, other)))
        .Select(rule => new PolicyEdit.Drop($"rules[{rule}]"));

    private static bool IsRedundant(Policy policy, int dead, int deciding)
    {
        var (a, b) = (policy.Rules[dead], policy.Rules[deciding]);
        if (a.MatchesEverything && a.Level < b.Level)
        {
            return true;
        }

        return a.Level == b.Level
            && (a.Level == Level.None || (policy.OmitStages | a.OmitStages) == (policy.OmitStages | b.OmitStages))
            && (a.Level < Level.Request || (a.OmitManagedFields ?? policy.OmitManagedFields) == (b.OmitManagedFields ?? policy.OmitManagedFields));
    }
}
