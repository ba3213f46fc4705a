using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>Whether a rule ever decides a request.</summary>
internal enum Reach
{
    /// <summary>It decides <see cref="Reachability.Witness"/>, or it is too intricate to tell.</summary>
    Reachable,

    /// <summary>It decides nothing that an API server is likely to see; some odd request may still reach it.</summary>
    PossiblyUnreachable,

    /// <summary>Proven: whatever it selects, an earlier rule decides.</summary>
    Unreachable,
}

/// <summary>What became of one rule.</summary>
/// <param name="Reach">How sure it is.</param>
/// <param name="DecidedBy">The earlier rules that decide in its place; empty when it is reachable.</param>
/// <param name="Witness">A request that it decides; null when none was found.</param>
internal sealed record Reachability(Reach Reach, ImmutableArray<int> DecidedBy, AuditRequest? Witness)
{
    // Rules with long lists in every selector have billions of combinations.
    private const int MostRequests = 512;

    /// <summary>
    /// Asks the evaluator. A rule is a union of parts with one value per selector. In each part one request is hardest to reach for other
    /// rules: the one whose every open value is a text that the policy mentions nowhere. A rule that matches it can only do so by selectors
    /// that hold for the whole part. So the rule is dead exactly when an earlier one decides the hardest request of every part.
    /// </summary>
    public static Reachability Of(LintContext context, int index)
    {
        var rule = context.Policy.Rules[index];
        var likely = new RuleRequests(rule, context.UnmentionedText, LikelyValues: true);
        var decided = new SortedSet<int>();
        foreach (var request in likely.All().Take(MostRequests))
        {
            var by = context.Evaluator.Decide(request).MatchedRule;
            if (by == index)
            {
                return new Reachability(Reach.Reachable, [], request);
            }

            // The requests match the rule, so that one at least decides.
            decided.Add(by);
        }

        var hardest = new RuleRequests(rule, context.UnmentionedText, LikelyValues: false);
        if (hardest.HasOddResources || hardest.Count > MostRequests)
        {
            return decided.Count == 0
                ? new Reachability(Reach.Reachable, [], null)
                : new Reachability(Reach.PossiblyUnreachable, [.. decided], null);
        }

        var covering = new SortedSet<int>();
        foreach (var request in hardest.All())
        {
            var by = context.Evaluator.Decide(request).MatchedRule;
            if (by == index)
            {
                return decided.Count == 0
                    ? new Reachability(Reach.Reachable, [], request)
                    : new Reachability(Reach.PossiblyUnreachable, [.. decided], request);
            }

            covering.Add(by);
        }

        return new Reachability(Reach.Unreachable, [.. covering], null);
    }
}
