using System.Collections.Immutable;
using Comptroller.AuditPolicies.Linting.Repairs;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>One check of the review.</summary>
/// <param name="Id">Stable name.</param>
/// <param name="Severities">What its findings may have.</param>
/// <param name="Says">For the table in docs/spec/auditpolicy.md.</param>
/// <param name="Review">Its findings.</param>
public sealed record Lint(string Id, ImmutableArray<Severity> Severities, string Says, Func<LintContext, IEnumerable<Finding>> Review)
{
    /// <summary>How it is mended without a person; null when only a person can tell what was meant.</summary>
    public Mending? Mending { get; init; }
}

/// <summary>A way to mend findings that a person need not decide about.</summary>
/// <param name="Says">For the table in docs/spec/auditpolicy.md.</param>
/// <param name="Edits">The changes for one finding; none when this one is left to a person.</param>
/// <param name="Widens">Whether the rule then matches more than it did, which may take requests from other rules.</param>
public sealed record Mending(string Says, Func<LintContext, Finding, IEnumerable<PolicyEdit>> Edits, bool Widens = false);
