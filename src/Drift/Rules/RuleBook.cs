using System.Collections.Immutable;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.Rules;

/// <summary>Everything that decides how much a finding matters and whether somebody is told.</summary>
public sealed record RuleBook
{
    public static RuleBook Default { get; } = new();

    public ImmutableArray<DriftRule> Rules { get; init; } = [];

    public ImmutableArray<IgnoreRule> Ignore { get; init; } = [];

    public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];

    public IacIdentities Iac { get; init; } = new();

    public Baseline Baseline { get; init; } = Baseline.Empty;

    /// <summary>Gives a finding its severity, and the reason why it is quiet.</summary>
    public Finding Apply(Finding finding, DateTimeOffset now)
    {
        // A rule says what its writer thinks of it; only without one do we.
        if (!Rules.Any(rule => rule.Matches(finding)))
        {
            return finding with { Severity = DefaultSeverity.Of(finding), Suppression = Suppression(finding, now) };
        }

        var matching = Rules.Where(rule => rule.Matches(finding)).ToList();
        return finding with { Rules = [.. matching.Select(rule => rule.Name)], Severity = matching.Max(rule => rule.Severity), Suppression = Suppression(finding, now) };
    }

    private string? Suppression(Finding finding, DateTimeOffset now)
    {
        if (finding.Event is { } change && Iac.Match(change))
        {
            return "iac";
        }

        if (Ignore.FirstOrDefault(rule => rule.Matches(finding, now)) is { } ignored)
        {
            return $"ignore: {ignored.Name}";
        }

        if (Baseline.Holds(finding))
        {
            return "baseline";
        }

        var time = finding.Event?.Time ?? now;
        return Windows.FirstOrDefault(window => window.Contains(time)) is { } open ? $"window: {open.Name}" : null;
    }
}
