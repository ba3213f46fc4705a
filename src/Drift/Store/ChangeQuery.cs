using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Store;

/// <summary>Which changes. What is not given is free.</summary>
public sealed record ChangeQuery
{
    /// <summary>Only those behind this one.</summary>
    public long After { get; init; }

    /// <summary>What the drift mattered when it happened, exactly.</summary>
    public Severity? Severity { get; init; }

    /// <summary><c>aws</c>, <c>gcp</c>, <c>azure</c> or <c>other</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>The exact Terraform type.</summary>
    public string? Type { get; init; }

    /// <summary>Length of a page.</summary>
    public int Most { get; init; } = 50;
}

/// <summary>A change, and what its drift is about.</summary>
public sealed record ListedChange(DriftChange Change, string Provider, string Type, string ResourceId, string Address, string Attribute);

/// <summary>A page of changes.</summary>
/// <param name="Changes">Oldest first.</param>
/// <param name="Next">Where the next page goes on; null when there is none. It can be there although this page is not full: one call looks at a bounded number of changes.</param>
public sealed record ChangePage(IReadOnlyList<ListedChange> Changes, long? Next);
