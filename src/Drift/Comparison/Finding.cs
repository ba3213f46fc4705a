using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Comparison;

/// <summary>What differs between a state and the world.</summary>
public sealed record Finding
{
    /// <summary>The attribute of a finding when only the call is known, not what it set.</summary>
    public const string WholeResource = "(resource modified out-of-band)";

    /// <summary>The attribute of a finding about a deletion.</summary>
    public const string DeletedResource = "(resource deleted out-of-band)";

    /// <summary>The attribute of a finding about something no state has.</summary>
    public const string UnmanagedResource = "(resource not in any state)";

    public required FindingKind Kind { get; init; }

    /// <summary>Null for a provider whose audit log is not read; a comparison finds drift there as well.</summary>
    public required Provider? Provider { get; init; }

    public required string Type { get; init; }

    /// <summary>The id of the state, or for what is unmanaged that of the event.</summary>
    public required string ResourceId { get; init; }

    /// <summary>Null when no state has it.</summary>
    public StateResource? Resource { get; init; }

    public required string Attribute { get; init; }

    /// <summary>What Terraform set; undefined when it set nothing.</summary>
    public JsonElement Old { get; init; }

    /// <summary>What is now; undefined when it was taken away.</summary>
    public JsonElement New { get; init; }

    public Severity Severity { get; init; } = Severity.Medium;

    /// <summary>Names of the rules that matched.</summary>
    public ImmutableArray<string> Rules { get; init; } = [];

    /// <summary>Why nobody is told; null when somebody is.</summary>
    public string? Suppression { get; init; }

    /// <summary>The call; null when a comparison found it.</summary>
    public ChangeEvent? Event { get; init; }

    public string Address => Resource?.Address ?? "";

    /// <summary>How people call it: its address, or type and id.</summary>
    public string Title => Resource?.Address ?? $"{Type} {ResourceId}";
}

/// <summary>How a state and the world differ.</summary>
public enum FindingKind
{
    Modified,
    Deleted,
    Unmanaged,
}

/// <summary>How kinds are written.</summary>
public static class FindingKinds
{
    public static string Name(this FindingKind kind) => kind switch
    {
        FindingKind.Modified => "modified",
        FindingKind.Deleted => "deleted",
        _ => "unmanaged",
    };
}
