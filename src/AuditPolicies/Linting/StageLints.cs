using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What omitted stages lose.</summary>
internal static class StageLints
{
    private static readonly AuditRequest[] FailedLogins =
    [
        .. new Probe("", "pods", "list").By(Probe.Nobody),
        new() { Verb = "get", IsResourceRequest = false, Path = "/api" },
    ];

    /// <summary>A 401 is written in ResponseStarted only, without a user.</summary>
    public static IEnumerable<Finding> FailedLoginsLost(LintContext context)
    {
        const string Explanation = "A request with bad or no credentials is written in the stage ResponseStarted and in no other, before a user is known. "
            + "Without it, password guessing and expired tokens leave no trace, and an alert on code 401 can never fire.";
        foreach (var decision in FailedLogins.Select(context.Evaluator.Decide).DistinctBy(decision => decision.MatchedRule))
        {
            var rule = context.Deciding(decision);
            if (decision.Level == Level.None)
            {
                yield return new Finding(
                    "failed-logins-lost",
                    Severity.Warning,
                    rule is null ? null : decision.MatchedRule,
                    rule is null ? "no rule matches requests that fail to authenticate (401), so they are not recorded" : $"rules[{decision.MatchedRule}] records nothing for requests that fail to authenticate (401)",
                    Explanation,
                    "End the policy with a rule that has a level of Metadata and no selectors; rules with users or userGroups never match a failed login.");
            }
            else if (decision.OmitStages.HasFlag(Stages.ResponseStarted))
            {
                var byPolicy = context.Policy.OmitStages.HasFlag(Stages.ResponseStarted);
                yield return new Finding(
                    "failed-logins-lost",
                    Severity.Warning,
                    byPolicy ? null : decision.MatchedRule,
                    $"{(byPolicy ? "omitStages" : $"rules[{decision.MatchedRule}].omitStages")} has ResponseStarted: every failed login (401) is lost, and exec or port-forward sessions stay invisible until they end",
                    Explanation,
                    "Omit RequestReceived only.")
                {
                    Field = byPolicy ? "omitStages" : "",
                };
                if (byPolicy)
                {
                    yield break;
                }
            }
        }
    }

    public static IEnumerable<Finding> SessionsHiddenUntilTheyEnd(LintContext context)
    {
        if (context.Policy.OmitStages.HasFlag(Stages.ResponseStarted))
        {
            yield break;
        }

        var hidden = CoverageLints.Sessions.SelectMany(probe => probe.By(Probe.Person))
            .Select(context.Evaluator.Decide)
            .Where(decision => decision.Level != Level.None && decision.OmitStages.HasFlag(Stages.ResponseStarted));
        foreach (var index in hidden.Select(decision => decision.MatchedRule).Distinct())
        {
            yield return new Finding(
                "sessions-hidden-until-they-end",
                Severity.Info,
                index,
                $"rules[{index}].omitStages has ResponseStarted and the rule decides exec, attach or port-forward requests",
                "Such a session is then written when it ends, which may be hours after it began.",
                "Leave ResponseStarted to rules about watches and other long-running requests that nobody waits for.");
        }
    }

    public static IEnumerable<Finding> NothingWritten(LintContext context) =>
        from entry in context.RecordingRules
        where (context.Policy.OmitStages | entry.Rule.OmitStages) == Stages.All
        select new Finding(
            "nothing-written",
            Severity.Warning,
            entry.Index,
            $"rules[{entry.Index}] has level {entry.Rule.Level}, but every stage is omitted: nothing is written",
            "An event exists once per stage; with all four omitted the level means nothing.",
            "Omit RequestReceived only, or give the rule the level None if nothing is meant to be recorded.");

    public static IEnumerable<Finding> RequestReceivedKept(LintContext context)
    {
        var doubled = context.RecordingRules
            .Where(entry => !(context.Policy.OmitStages | entry.Rule.OmitStages).HasFlag(Stages.RequestReceived))
            .Select(entry => entry.Index)
            .ToList();
        if (doubled.Count > 0)
        {
            yield return new Finding(
                "every-request-twice",
                Severity.Info,
                doubled.Count == 1 ? doubled[0] : null,
                $"{LintContext.Names(doubled)} {(doubled.Count == 1 ? "keeps" : "keep")} the stage RequestReceived: every request is written twice",
                "The event at RequestReceived holds nothing that the later one lacks, and about doubles the volume.",
                "Set omitStages: [RequestReceived] for the whole policy.")
            {
                Field = doubled.Count == 1 ? "" : "omitStages",
            };
        }
    }
}
