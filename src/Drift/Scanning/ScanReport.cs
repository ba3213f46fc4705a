using System.Collections.Immutable;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.Scanning;

/// <summary>What a full comparison found.</summary>
/// <param name="Findings">In order of severity, then address; without those that are suppressed.</param>
/// <param name="Suppressed">How many were left out, by reason.</param>
/// <param name="Compared">Resources of the states that were compared.</param>
/// <param name="Managed">Resources in the states.</param>
/// <param name="Seen">Resources that the reader saw in the cloud; null when it looks only at what states name.</param>
public sealed record ScanReport(ImmutableArray<Finding> Findings, ImmutableSortedDictionary<string, int> Suppressed, int Compared, int Managed, int? Seen)
{
    /// <summary>Resources that drifted: several attributes of one are one.</summary>
    public int Drifted => Findings.Select(finding => (finding.Type, finding.ResourceId, finding.Address)).Distinct().Count();

    /// <summary>Share of what is in the cloud that a state manages; null when the reader does not see the rest.</summary>
    public double? Coverage => Seen is not { } seen ? null
        : seen == 0 ? 1 : 1 - (Findings.Count(finding => finding.Kind == FindingKind.Unmanaged) / (double)seen);

    /// <summary>Everything that differs, by state and address: attributes of it, those of suppressed findings too.</summary>
    public ImmutableDictionary<(string State, string Address), ImmutableHashSet<string>> Different { get; init; } = ImmutableDictionary<(string, string), ImmutableHashSet<string>>.Empty;

    /// <summary>Resources that were looked at, by state and address; null when the reader does not say.</summary>
    public ImmutableHashSet<(string State, string Address)>? Looked { get; init; }

    /// <summary>When it began to look, as the reader says itself; null when it does not. What happened later it may not have seen.</summary>
    public DateTimeOffset? Began { get; init; }

    internal static ScanReport Of(IEnumerable<Finding> findings, int compared, int managed, int? seen)
    {
        var all = findings.ToList();
        return new ScanReport(
            [.. all.Where(finding => finding.Suppression is null).OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Title, StringComparer.Ordinal).ThenBy(finding => finding.Attribute, StringComparer.Ordinal)],
            all.Where(finding => finding.Suppression is not null).CountBy(finding => finding.Suppression!).ToImmutableSortedDictionary(StringComparer.Ordinal),
            compared,
            managed,
            seen)
        {
            Different = all.Where(finding => finding.Resource is not null).GroupBy(finding => (finding.Resource!.Source, finding.Address))
                .ToImmutableDictionary(group => group.Key, group => group.Select(finding => finding.Attribute).ToImmutableHashSet(StringComparer.Ordinal)),
        };
    }
}
