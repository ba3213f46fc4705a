using System.Collections.Immutable;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.Rules;

/// <summary>Says how much a change matters.</summary>
/// <param name="Name">For people.</param>
/// <param name="Types">Types it is about.</param>
/// <param name="Attributes">Attributes it is about; empty for every one.</param>
/// <param name="Severity">What a match is given at least.</param>
public sealed record DriftRule(string Name, ImmutableArray<Wildcard> Types, ImmutableArray<Wildcard> Attributes, Severity Severity)
{
    /// <summary>Whether it is about a finding. What is known only as a whole matches rules without attributes.</summary>
    public bool Matches(Finding finding) =>
        Types.Any(type => type.Matches(finding.Type)) && (Attributes.IsEmpty || Attributes.Any(attribute => attribute.Matches(finding.Attribute)));
}
