using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Profiles;

/// <summary>A ready-made policy. Its two halves stand apart because add-ons go between them: behind everything that must not be silenced.</summary>
public sealed record Profile
{
    public required string Name { get; init; }

    /// <summary>One sentence: for whom it is and what it leaves out.</summary>
    public required string Purpose { get; init; }

    /// <summary>What is recorded whoever asks. All of these record something.</summary>
    public required ImmutableArray<ProfileRule> Guards { get; init; }

    /// <summary>The noise that is dropped, then everything else.</summary>
    public required ImmutableArray<ProfileRule> Remainder { get; init; }
}

/// <summary>Rules that silence what one component reads all day. They extend a profile.</summary>
public sealed record AddOn
{
    public required string Name { get; init; }

    /// <summary>What is silenced, of whom.</summary>
    public required string Purpose { get; init; }

    public required ImmutableArray<ProfileRule> Rules { get; init; }
}
