using System.Collections.Immutable;
using Comptroller.AuditPolicies.Linting.Repairs;
using Comptroller.AuditPolicies.Loading;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>
/// Reviews a policy. A lint is a function from the context to findings; to add one, write it in the file of its subject and name it here.
/// </summary>
public static class PolicyLinter
{
    /// <summary>In the order of harm: a status shows only the first few.</summary>
    public static ImmutableArray<Lint> Lints { get; } =
    [
        new(LoadingLints.Refused, [Severity.Error], "kube-apiserver would refuse the file and not start; the message is its own", LoadingLints.WhileLoading),
        new(LoadingLints.NoRules, [Severity.Error], "a policy without rules: kube-apiserver would not start", LoadingLints.WhileLoading),
        new("any-group-on-old-target", [Severity.Error, Severity.Warning], "`group: \"*\"` for an API server before 1.36, which would not start (Warning when the version is not stated)", TargetLints.AnyGroupOnOldTarget),
        new("bodies-of-secrets", [Severity.Warning], "Secrets, ConfigMaps, tokens or token reviews are recorded with their content", SensitiveDataLints.BodiesOfSecrets)
        {
            Mending = new("a rule of level Metadata for just these goes before the rule, or the level becomes Metadata when the rule is about nothing else", SecretRepairs.RecordWithoutBodies),
        },
        new("failed-logins-lost", [Severity.Warning], "401s leave no trace, since `ResponseStarted` is omitted or no rule without users records them", StageLints.FailedLoginsLost)
        {
            Mending = new("`ResponseStarted` is no longer omitted", StageRepairs.KeepResponseStarted),
        },
        new("secret-reads-hidden", [Severity.Warning], "reads of Secrets leave no trace for somebody", SensitiveDataLints.SecretReadsHidden)
        {
            Mending = new("a rule of level Metadata for reads of Secrets goes before a rule that hides them without naming them", SecretRepairs.RecordReads),
        },
        new("catch-all-before-other-rules", [Severity.Warning], "a rule without selectors, so that no later one ever applies", ReachabilityLints.CatchAllBeforeOtherRules)
        {
            Mending = new("later rules that would do just the same are removed, and a second one without selectors that records less", RedundancyRepairs.DropBehindCatchAll),
        },
        new("unreachable-rule", [Severity.Warning], "a rule can never apply, because those before it decide everything it selects; proven, not guessed", ReachabilityLints.UnreachableRule)
        {
            Mending = new("removed when those before it do just the same", RedundancyRepairs.DropUnreachable),
        },
        new("possibly-unreachable-rule", [Severity.Warning], "no request with the verbs and groups that an API server sees was found to reach the rule, but that is no proof", ReachabilityLints.PossiblyUnreachableRule),
        new("nothing-written", [Severity.Warning], "a rule records, but all four stages are omitted", StageLints.NothingWritten),
        new("ignored-field", [Severity.Warning], "a field that no policy has: kube-apiserver ignores it, Talos refuses the policy", LoadingLints.IgnoredField),
        new("interactive-subresources", [Severity.Warning, Severity.Info], "exec, attach, port-forward, proxy or ephemeral containers are not recorded (Warning) or only by accident", CoverageLints.InteractiveSubresources),
        new("persistence-vectors", [Severity.Warning, Severity.Info], "admission webhooks, CRDs or API services are not recorded (Warning) or only by accident", CoverageLints.PersistenceVectors),
        new("impossible-verb", [Severity.Warning], "a verb that no request has, such as `*` or `GET`", SelectorLints.ImpossibleVerb)
        {
            Mending = new("in rules that record: lower case; without `verbs` instead of `*`", SelectorRepairs.PossibleVerbs, Widens: true),
        },
        new("impossible-resource", [Severity.Warning], "a resource that nothing is called, such as `*/*` or `Pods`", SelectorLints.ImpossibleResource)
        {
            Mending = new("in rules that record: lower case, without a slash at the end; `*` instead of `*/*`", SelectorRepairs.PossibleResources, Widens: true),
        },
        new("impossible-namespace", [Severity.Warning], "a namespace with a wildcard", SelectorLints.ImpossibleNamespace)
        {
            Mending = new("in rules that record resources: without `namespaces` instead of `*`", SelectorRepairs.PossibleNamespaces, Widens: true),
        },
        new("impossible-user", [Severity.Warning], "a user or group with a wildcard", SelectorLints.ImpossibleUser)
        {
            Mending = new("in rules that record: without the list instead of `*`", SelectorRepairs.PossibleUsers, Widens: true),
        },
        new("names-without-named-requests", [Severity.Warning], "`resourceNames` with verbs whose requests carry no name: create, list, watch, deletecollection", SelectorLints.NamesWithoutNamedRequests),
        new("delete-without-deletecollection", [Severity.Warning, Severity.Info], "deleting all at once escapes the rule, and is recorded with less (Warning) or by accident", SensitiveDataLints.DeleteWithoutDeletecollection)
        {
            Mending = new("`deletecollection` is added", SecretRepairs.RecordDeletecollection, Widens: true),
        },
        new("events-dropped-by-size", [Severity.Warning], "requests are recorded with their content and sent to VictoriaLogs, which drops large events, and `log.truncate` is off or allows too much", TargetLints.EventsDroppedBySize),
        new("alert-cannot-fire", [Severity.Warning, Severity.Info], "an alert of `alerts` needs events that the policy keeps none of (Warning), or their content, which the policy leaves out (Info)", AlertLints.AlertCannotFire),
        new("weak-log-settings", [Severity.Warning], "the log settings keep less than the distribution does by itself", TargetLints.WeakLogSettings),
        new("sessions-hidden-until-they-end", [Severity.Info], "a rule about exec, attach or port-forward omits `ResponseStarted`", StageLints.SessionsHiddenUntilTheyEnd)
        {
            Mending = new("the rule no longer omits it", StageRepairs.KeepResponseStarted),
        },
        new("every-request-twice", [Severity.Info], "`RequestReceived` is kept", StageLints.RequestReceivedKept)
        {
            Mending = new("it is omitted, unless a rule keeps no later stage", StageRepairs.OmitRequestReceived),
        },
        new("noise-recorded", [Severity.Info], "heartbeats (leases, node status) or events are recorded", CoverageLints.NoiseRecorded),
        new("prefix-without-boundary", [Severity.Info], "a silenced path such as `/healthz*`, which is also `/healthzfoo`", SelectorLints.PrefixWithoutBoundary),
        new("redundant-groups", [Severity.Info], "both `system:authenticated` and `system:unauthenticated`: everybody but failed logins", SelectorLints.RedundantGroups)
        {
            Mending = new("in rules that record: without `userGroups`", SelectorRepairs.EveryGroup, Widens: true),
        },
        new("managed-fields-without-bodies", [Severity.Info], "`omitManagedFields` at a level without bodies", SelectorLints.ManagedFieldsWithoutBodies)
        {
            Mending = new("removed", SelectorRepairs.NoManagedFields),
        },
    ];

    /// <summary>All findings of a policy that loads: by severity, then the most harmful lint first, then by rule.</summary>
    public static ImmutableArray<Finding> Lint(LintContext context) =>
        [.. Lints.SelectMany(lint => lint.Review(context)).OrderByDescending(finding => finding.Severity)];

    /// <summary>Why a policy does not load, as findings.</summary>
    public static ImmutableArray<Finding> Refusals(PolicyLoadResult loaded) => [.. loaded.Errors.Select(LoadingLints.Refusal)];
}
