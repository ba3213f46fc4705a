namespace Comptroller.AuditPolicies.Linting;

/// <summary>Rules that never get a turn.</summary>
internal static class ReachabilityLints
{
    public static IEnumerable<Finding> CatchAllBeforeOtherRules(LintContext context)
    {
        var index = IndexOfCatchAll(context);
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
        var catchAll = IndexOfCatchAll(context);
        var end = catchAll < 0 ? context.Policy.Rules.Length : catchAll + 1;
        for (var index = 1; index < end; index++)
        {
            var covering = RuleCoverage.CoveringRules(context.Policy, index);
            if (!covering.IsEmpty)
            {
                var names = string.Join(", ", covering.Select(rule => $"rules[{rule}]"));
                yield return new Finding(
                    "unreachable-rule",
                    Severity.Warning,
                    index,
                    $"rules[{index}] can never apply: everything it selects is already decided by {names}",
                    "The first matching rule decides, so this rule's level is not what is recorded.",
                    $"Move rules[{index}] before {names}, or delete it.");
            }
        }
    }

    private static int IndexOfCatchAll(LintContext context)
    {
        for (var i = 0; i < context.Policy.Rules.Length; i++)
        {
            if (context.Policy.Rules[i].MatchesEverything)
            {
                return i;
            }
        }

        return -1;
    }
}
