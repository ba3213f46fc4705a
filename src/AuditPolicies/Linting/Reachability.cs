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
    // Rules with long lists in every selector have billions of combinations; of those every value is tried instead.
    private const int MostCombinations = 512;

    // A list of names for each of many resources is still beyond that.
    private const int MostRequests = 8192;

    /// <summary>
    /// Asks the evaluator. A rule is a union of parts with one value per selector. In each part one request is hardest to reach for other
    /// rules: the one whose every open value is a text that the policy mentions nowhere. A rule that matches it can only do so by selectors
    /// that hold for the whole part. So the rule is dead exactly when an earlier one decides the hardest request of every part.
    /// </summary>
    public static Reachability Of(LintContext context, int index)
    {
        var rule = context.Policy.Rules[index];
        var hardest = new RuleRequests(rule, context.UnmentionedText, LikelyValues: false);
        var isSmall = hardest.Combinations <= MostCombinations;
        var (decidedBy, witness) = Ask(context, index, hardest with { LikelyValues = true }, isSmall);
        if (witness is not null || decidedBy.IsEmpty)
        {
            return new Reachability(Reach.Reachable, [], witness);
        }

        if (hardest.HasOddResources)
        {
            return new Reachability(Reach.PossiblyUnreachable, decidedBy, null);
        }

        var (covering, odd) = Ask(context, index, hardest, isSmall);
        return odd is null && (isSmall || (covering = Alone(context, index, hardest, covering)).Length > 0)
            ? new Reachability(Reach.Unreachable, covering, null)
            : new Reachability(Reach.PossiblyUnreachable, decidedBy, odd);
    }

    private static (ImmutableArray<int> DecidedBy, AuditRequest? Witness) Ask(LintContext context, int index, RuleRequests requests, bool isSmall)
    {
        var deciding = new SortedSet<int>();
        foreach (var request in (isSmall ? requests.ForEveryCombination() : requests.ForEveryValue()).Take(MostRequests))
        {
            var by = context.Evaluator.Decide(request).MatchedRule;
            if (by == index)
            {
                return ([], request);
            }

            // The requests match the rule, so that one at least decides.
            deciding.Add(by);
        }

        return ([.. deciding], null);
    }

    // That several rules share the values of a large one proves nothing about their combinations; one that matches them all does.
    private static ImmutableArray<int> Alone(LintContext context, int index, RuleRequests hardest, ImmutableArray<int> candidates)
    {
        var requests = hardest.ForEveryValue().Take(MostRequests + 1).ToList();
        return requests.Count > MostRequests ? [] : [.. candidates.Where(rule => requests.TrueForAll(request => context.Evaluator.Matches(rule, request))).Take(1)];
    }
}
