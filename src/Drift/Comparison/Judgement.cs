using System.Collections.Immutable;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Comparison;

/// <summary>What an event means for a state.</summary>
/// <param name="Findings">What differs.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Settled">Drifts that this event ends, should there be any.</param>
public sealed record Judgement(ImmutableArray<Finding> Findings, Outcome Outcome, ImmutableArray<Settlement> Settled);

/// <summary>How the judgement of an event ended.</summary>
public enum Outcome
{
    /// <summary>State and world differ.</summary>
    Drift,

    /// <summary>The event sets what the state says.</summary>
    Agrees,

    /// <summary>No state is about this provider.</summary>
    OutOfScope,

    /// <summary>Several resources go by that name.</summary>
    Ambiguous,

    /// <summary>Something that no state has was deleted.</summary>
    Gone,
}

/// <summary>How outcomes are counted.</summary>
public static class Outcomes
{
    public static string Label(Outcome outcome) => outcome switch
    {
        Outcome.Drift => "drift",
        Outcome.Agrees => "agrees",
        Outcome.OutOfScope => "out_of_scope",
        Outcome.Ambiguous => "ambiguous",
        _ => "gone",
    };
}
