using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>Secrets that get into the log, and traces of them that do not.</summary>
internal static class SensitiveDataLints
{
    private static readonly string[] Writes = ["create", "update", "patch"];

    /// <summary>Verbs that return contents.</summary>
    public static readonly string[] Reads = ["get", "list", "watch"];

    private static readonly (string Group, string Resource)[] Confidential =
    [
        ("", "secrets"),
        ("", "configmaps"),
        ("authentication.k8s.io", "tokenreviews"),
        ("", "serviceaccounts/token"),
    ];

    private static readonly Probe SecretReads = new("", "secrets", Reads);

    public static IEnumerable<Finding> BodiesOfSecrets(LintContext context)
    {
        foreach (var (rule, index) in context.RecordingRules.Where(entry => entry.Rule.Level > Level.Metadata))
        {
            var leaked = LeakedBy(context, index);
            if (!leaked.IsEmpty)
            {
                yield return new Finding(
                    "bodies-of-secrets",
                    Severity.Warning,
                    index,
                    $"rules[{index}] records {string.Join(", ", leaked.Select(target => target.Resource))} at level {rule.Level}: their contents end up in the log",
                    "Secret data, tokens and settings are then readable for everyone who can read the log file, the buffer on the node or the log store, also in the annotation last-applied-configuration. "
                    + "CIS 3.2.2 asks for Metadata only.",
                    $"Put a rule with level Metadata for secrets, configmaps, serviceaccounts/token (core group) and tokenreviews (authentication.k8s.io) before rules[{index}].");
            }
        }
    }

    /// <summary>What a rule records with its content that is nobody's business.</summary>
    public static ImmutableArray<(string Group, string Resource)> LeakedBy(LintContext context, int index)
    {
        // At level Request nothing but a write has a body to leak; a deleted collection comes back in the response.
        string[] verbs = context.Policy.Rules[index].Level == Level.Request ? Writes : [.. Writes, .. Reads, "deletecollection"];
        return [.. Confidential.Where(target => Decides(context, index, new Probe(target.Group, target.Resource, verbs)))];
    }

    public static IEnumerable<Finding> SecretReadsHidden(LintContext context)
    {
        const string Explanation = "Reading secrets is what an intruder does first, also with the identity of a controller or node. Identities that are trusted are the ones worth stealing.";
        foreach (var (_, index) in context.Rules.Where(entry => entry.Rule.Level == Level.None && Decides(context, entry.Index, SecretReads)))
        {
            yield return new Finding(
                "secret-reads-hidden",
                Severity.Warning,
                index,
                $"rules[{index}] has level None and also covers reads of secrets: they leave no trace",
                Explanation,
                $"Name the resources that rules[{index}] is meant to silence, or put a rule with level Metadata for secrets before it.");
        }

        var unmatched = new[] { Probe.Person, Probe.ServiceAccount, Probe.ControllerManager }
            .SelectMany(SecretReads.By)
            .Any(request => context.Evaluator.Decide(request).MatchedRule < 0);
        if (unmatched)
        {
            yield return new Finding(
                "secret-reads-hidden",
                Severity.Warning,
                null,
                "no rule matches some reads of secrets: they leave no trace",
                Explanation,
                "Add a rule with level Metadata for secrets without users, userGroups, verbs and namespaces.");
        }
    }

    public static IEnumerable<Finding> DeleteWithoutDeletecollection(LintContext context)
    {
        foreach (var (rule, index) in context.RecordingRules)
        {
            if (!rule.Verbs.Contains("delete") || rule.Verbs.Contains("deletecollection") || !rule.NonResourceUrls.IsEmpty)
            {
                continue;
            }

            var missed = Targets(rule)
                .Select(target => (target.Resource, Decision: Worst(context, rule, target)))
                .Where(miss => miss.Decision is { } decision && (decision.Level < rule.Level || context.Deciding(decision)!.MatchesEverything))
                .ToList();
            if (missed.Count == 0)
            {
                continue;
            }

            var (resource, worst) = missed.MinBy(miss => miss.Decision!.Value.Level);
            var where = worst!.Value.MatchedRule < 0 ? "no rule" : $"rules[{worst.Value.MatchedRule}]";
            var outcome = worst.Value.Level == Level.None ? "is not recorded" : $"is recorded at {worst.Value.Level} by chance";
            yield return new Finding(
                "delete-without-deletecollection",
                worst.Value.Level < rule.Level ? Severity.Warning : Severity.Info,
                index,
                $"rules[{index}] lists delete but not deletecollection: deleting all {resource} at once falls to {where} and {outcome}",
                "Controllers and raw clients delete whole collections with a verb of its own.",
                $"Add deletecollection to rules[{index}].verbs, or drop the list.");
        }
    }

    // Whether the rule itself decides at least one such request.
    private static bool Decides(LintContext context, int index, Probe probe) =>
        probe.Fitting(context.Policy.Rules[index]).Any(request =>
            context.Evaluator.Matches(index, request) && context.Evaluator.Decide(request).MatchedRule == index);

    // Collections that exist: a subresource or a named object cannot be deleted as a collection.
    private static ImmutableArray<Probe> Targets(PolicyRule rule)
    {
        var entries = rule.Resources.IsEmpty ? [new GroupResources { Resources = ["*"] }] : rule.Resources;
        return
        [
            .. from entry in entries
               where entry.ResourceNames.IsEmpty
               from resource in entry.Resources.IsEmpty ? ["*"] : entry.Resources
               where resource == "*" || !resource.Contains('/', StringComparison.Ordinal)
               select new Probe(entry.Group == "*" ? "apps" : entry.Group, resource == "*" ? "objects" : resource, "deletecollection"),
        ];
    }

    private static Decision? Worst(LintContext context, PolicyRule rule, Probe target)
    {
        var requests = target.Fitting(rule with { Verbs = [] }).ToList();
        return requests.Count == 0 ? null : requests.Select(context.Evaluator.Decide).MinBy(decision => decision.Level);
    }
}
