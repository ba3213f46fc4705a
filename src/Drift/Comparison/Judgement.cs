using System.Collections.Immutable;

namespace Comptroller.Drift.Comparison;

/// <summary>What an event means for a state.</summary>
public sealed record Judgement(ImmutableArray<Finding> Findings, Outcome Outcome);

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
