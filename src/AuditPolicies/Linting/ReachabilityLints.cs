namespace Comptroller.AuditPolicies.Linting;

/// <summary>Rules that never get a turn.</summary>
internal static class ReachabilityLints
{
    public static IEnumerable<Finding> CatchAllBeforeOtherRules(LintContext context)
    {
        var index = context.CatchAll;
        var last = context.Policy.Rules.Length - 1;
        if (index < 0 || index == last)
        {
            yield break;
        }

        var dead = index + 1 == last ? $"rules[{last}]" : $"rules[{index + 1}] to rules[{last}]";
        yield return new Finding(
            "catch-all-before-other-rules",
            Severity.Warning,
            index,
            $"rules[{index}] has no selectors and matches every request, so {dead} can never apply",
            "The first matching rule decides. A policy cannot select on the outcome of a request, so a rule meant for failures only is a rule for everything.",
            $"Move rules[{index}] to the end or give it selectors, and delete what is left without purpose behind it. Find failures by querying responseStatus.code.");
    }

    public static IEnumerable<Finding> UnreachableRule(LintContext context)
    {
        foreach (var (index, reachability) in Those(context, Reach.Unreachable))
        {
            var names = LintContext.Names(reachability.DecidedBy);
            yield return new Finding(
                "unreachable-rule",
                Severity.Warning,
                index,
                $"rules[{index}] can never apply: everything it selects is already decided by {names}",
                "The first matching rule decides, so this rule's level is not what is recorded.",
                $"Move rules[{index}] before {names}, or delete it.");
        }
    }

    public static IEnumerable<Finding> PossiblyUnreachableRule(LintContext context)
    {
        foreach (var (index, reachability) in Those(context, Reach.PossiblyUnreachable))
        {
            var names = LintContext.Names(reachability.DecidedBy);
            yield return new Finding(
                "possibly-unreachable-rule",
                Severity.Warning,
                index,
                $"rules[{index}] possibly never applies: every request tried that it selects is decided by {names}",
                "Tried were the verbs and groups that an API server sees: whoever is authenticated is in system:authenticated, for instance. A request of another kind might still reach the rule.",
                $"Move rules[{index}] before {names}, or delete it if that is what was meant.");
        }
    }

    // Behind a catch-all everything is dead, and said once.
    private static IEnumerable<(int Index, Reachability Reachability)> Those(LintContext context, Reach reach) => context.Reachability
        .Select((reachability, index) => (index, reachability))
        .Take(context.CatchAll < 0 ? int.MaxValue : context.CatchAll + 1)
        .Where(entry => entry.reachability.Reach == reach);
}
