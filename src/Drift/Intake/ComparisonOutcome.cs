namespace Comptroller.Drift.Intake;

/// <summary>What is known of full comparisons.</summary>
/// <param name="SucceededAt">When the last one that succeeded began; null when none has.</param>
/// <param name="Coverage">Share of the cloud's resources that a state manages, by that one; null when its reader does not see the rest.</param>
/// <param name="Error">Why the newest one failed; null when it did not.</param>
public sealed record ComparisonOutcome(DateTimeOffset? SucceededAt, double? Coverage, string? Error);
