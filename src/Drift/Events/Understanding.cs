using System.Collections.Immutable;

namespace Comptroller.Drift.Events;

/// <summary>What became of one record of an audit log.</summary>
/// <param name="Events">The changes in it; empty when it was dropped.</param>
/// <param name="Reason">Why it was dropped.</param>
/// <param name="Source">Where it came from, as metrics count it.</param>
public sealed record Understanding(ImmutableArray<ChangeEvent> Events, DropReason Reason, string Source)
{
    internal static Understanding Dropped(DropReason reason, string source) => new([], reason, source);

    internal static Understanding Of(ImmutableArray<ChangeEvent> events, string source) => new(events, DropReason.None, source);
}

/// <summary>Why a record is no change of a resource that could be in a state.</summary>
public enum DropReason
{
    None,

    /// <summary>From a source that is none of the three clouds.</summary>
    UnknownSource,

    /// <summary>It reads.</summary>
    ReadOnly,

    /// <summary>It was denied or failed: nothing changed.</summary>
    FailedCall,

    /// <summary>A call that changes nothing Terraform manages.</summary>
    Irrelevant,

    /// <summary>It does not say which resource.</summary>
    NoId,
}

/// <summary>How reasons are counted.</summary>
public static class DropReasons
{
    public static string Label(this DropReason reason) => reason switch
    {
        DropReason.UnknownSource => "unknown_source",
        DropReason.ReadOnly => "read_only",
        DropReason.FailedCall => "failed_call",
        DropReason.Irrelevant => "irrelevant",
        DropReason.NoId => "no_id",
        _ => "accepted",
    };
}
