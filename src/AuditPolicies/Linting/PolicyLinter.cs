using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>
/// Reviews a policy that loads. A lint is a function from the context to findings; to add one, write it in the file of its subject and name
/// it here.
/// </summary>
public static class PolicyLinter
{
    // In the order of harm: a status shows only the first few.
    private static readonly ImmutableArray<Func<LintContext, IEnumerable<Finding>>> Lints =
    [
        TargetLints.AnyGroupOnOldTarget,
        SensitiveDataLints.BodiesOfSecrets,
        StageLints.FailedLoginsLost,
        SensitiveDataLints.SecretReadsHidden,
        ReachabilityLints.CatchAllBeforeOtherRules,
        ReachabilityLints.UnreachableRule,
        ReachabilityLints.PossiblyUnreachableRule,
        StageLints.NothingWritten,
        CoverageLints.InteractiveSubresources,
        CoverageLints.PersistenceVectors,
        SelectorLints.ImpossibleVerb,
        SelectorLints.ImpossibleResource,
        SelectorLints.ImpossibleNamespace,
        SelectorLints.ImpossibleUser,
        SelectorLints.NamesWithoutNamedRequests,
        SensitiveDataLints.DeleteWithoutDeletecollection,
        TargetLints.WeakLogSettings,
        StageLints.SessionsHiddenUntilTheyEnd,
        StageLints.RequestReceivedKept,
        CoverageLints.NoiseRecorded,
        SelectorLints.PrefixWithoutBoundary,
        SelectorLints.RedundantGroups,
        SelectorLints.ManagedFieldsWithoutBodies,
    ];

    /// <summary>All findings: by severity, then the most harmful lint first, then by rule.</summary>
    public static ImmutableArray<Finding> Lint(LintContext context) =>
        [.. Lints.SelectMany(lint => lint(context)).OrderByDescending(finding => finding.Severity)];
}
