using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Lifecycle;

/// <summary>One drift: a resource, an attribute and a kind, however often it is seen.</summary>
public sealed record DriftRecord
{
    /// <summary>Stable over restarts and replicas, and fit for a path of a URL.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in the order of drifts, which cursors are made of; 0 before it is written.</summary>
    public long Number { get; init; }

    public required FindingKind Kind { get; init; }

    /// <summary><c>aws</c>, <c>gcp</c>, <c>azure</c> or <c>other</c>.</summary>
    public required string Provider { get; init; }

    public required string Type { get; init; }

    public required string ResourceId { get; init; }

    /// <summary>With module path; empty when no state has it.</summary>
    public required string Address { get; init; }

    /// <summary>Name of the state; empty when no state has it.</summary>
    public required string State { get; init; }

    /// <summary>Serial of that state when it was seen last.</summary>
    public long? StateSerial { get; init; }

    public required string Attribute { get; init; }

    /// <summary>What Terraform set, as JSON; null for nothing.</summary>
    public string? Old { get; init; }

    /// <summary>What is now, as JSON; null for nothing.</summary>
    public string? New { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>Names of rules, by commas.</summary>
    public string Rules { get; init; } = "";

    public required DriftStatus Status { get; init; }

    /// <summary>Why it is suppressed or resolved; empty otherwise.</summary>
    public string Reason { get; init; } = "";

    public long Occurrences { get; init; } = 1;

    public required DateTimeOffset FirstSeen { get; init; }

    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>When a pending one is decided; null for others.</summary>
    public DateTimeOffset? Due { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The person whose decision the status is; empty when it is none's.</summary>
    public string DecidedBy { get; init; } = "";

    /// <summary>What that person said.</summary>
    public string Comment { get; init; } = "";

    /// <summary>When a suppression ends; null for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Who did it last; empty when that is unknown.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The last call; empty when a comparison found it.</summary>
    public string Event { get; init; } = "";
}
