using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>
/// Whether the API servers run the policy that was rendered, as far as the events show it that they send: each must be at the level, and at
/// one of the stages, that the policy gives to its request. What another policy drops or adds is seen only where its levels differ.
/// </summary>
public static class EventsVerdict
{
    public const string EventsMatch = "EventsMatch";
    public const string EventsDiffer = "EventsDiffer";
    public const string NoEvents = "NoEvents";

    /// <param name="policy">What is rendered.</param>
    /// <param name="sample">The newest events.</param>
    /// <param name="said">The message that stands in the status; it is kept while its example holds.</param>
    public static Verdict Of(Policy policy, ImmutableArray<RecordedEvent> sample, string said)
    {
        if (sample.IsEmpty)
        {
            return Verdict.Unknown(NoEvents, "there are no events of late that could be compared");
        }

        var evaluator = new PolicyEvaluator(policy);
        var differences = sample.Select(recorded => Difference(evaluator, recorded)).OfType<string>().CountBy(text => text, StringComparer.Ordinal)
            .OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Key).ToList();
        if (differences is not [var first, ..])
        {
            return Verdict.True(EventsMatch, "the newest events are recorded as this policy does it; what it leaves out cannot be seen");
        }

        var example = differences.Find(text => said.Contains(text, StringComparison.Ordinal)) ?? first;
        return Verdict.False(EventsDiffer, $"events arrive that this policy does not record so, such as {example}: apply what is rendered to every control-plane node");
    }

    // In our own words only: what arrives was written by whoever may write to VictoriaLogs.
    private static string? Difference(PolicyEvaluator evaluator, RecordedEvent recorded)
    {
        var decision = evaluator.Decide(recorded.Request);
        var whose = decision.MatchedRule < 0 ? "that no rule records" : $"of rule {decision.MatchedRule}";
        return decision.Level != recorded.Level ? $"a request {whose} at {recorded.Level} instead of {decision.Level}"
            : (decision.OmitStages & recorded.Stage) != Stages.None ? $"a request {whose} at the omitted stage {recorded.Stage}"
            : null;
    }
}
