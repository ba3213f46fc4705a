using System.Collections.Immutable;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Store;

/// <summary>Which drifts. What is not given is free.</summary>
public sealed record DriftQuery
{
    /// <summary>Any of these; empty for every one.</summary>
    public ImmutableArray<DriftStatus> Statuses { get; init; } = [];

    public Severity? Severity { get; init; }

    public FindingKind? Kind { get; init; }

    /// <summary>The exact Terraform type.</summary>
    public string? Type { get; init; }

    /// <summary><c>aws</c>, <c>gcp</c>, <c>azure</c> or <c>other</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>The exact id of a resource, which may hold anything.</summary>
    public string? ResourceId { get; init; }

    /// <summary>The name of who did it last.</summary>
    public string? Actor { get; init; }

    /// <summary>Part of an address, an id or an attribute, in any case.</summary>
    public string? Text { get; init; }

    /// <summary>Seen at this time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The cursor of the page before; null for the first page.</summary>
    public long? Before { get; init; }

    /// <summary>Length of a page.</summary>
    public int Most { get; init; } = 50;
}

/// <summary>A page of drifts.</summary>
/// <param name="Drifts">The newest first.</param>
/// <param name="Next">
/// The cursor of the next page; null when there is none. It can be there although this page is not full, or empty: one call looks at a
/// bounded number of drifts, so that a search that finds little is as quick as one that finds much.
/// </param>
public sealed record DriftPage(ImmutableArray<DriftRecord> Drifts, long? Next);

/// <summary>How many drifts stand alike.</summary>
public sealed record DriftCount(DriftStatus Status, Severity Severity, FindingKind Kind, string Provider, string Type, long Count);

/// <summary>Somebody who was seen at a drift.</summary>
public sealed record DriftActor(string Name, string Principal, string Type, string SourceAddress, string UserAgent, long Occurrences, DateTimeOffset FirstSeen, DateTimeOffset LastSeen)
{
    public string PrincipalId { get; init; } = "";

    /// <summary>Account, project or subscription.</summary>
    public string Account { get; init; } = "";

    /// <summary>The role that was assumed; empty when none.</summary>
    public string Role { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary>The id of the last request, by which the cloud's own log finds it.</summary>
    public string Request { get; init; } = "";
}

/// <summary>How long drifts are kept.</summary>
/// <param name="Resolved">Resolved ones, since they were.</param>
/// <param name="Suppressed">Those that a rule suppresses, since they were last seen.</param>
/// <param name="Most">Most drifts of each of these two; the oldest go first. Open ones stay, however many.</param>
public sealed record Retention(TimeSpan Resolved, TimeSpan Suppressed, long Most);
