namespace Comptroller.Drift.Lifecycle;

/// <summary>What a person decides about a drift.</summary>
/// <param name="To">Acknowledged, suppressed, resolved, or open for opening it again.</param>
/// <param name="By">Who; never empty.</param>
/// <param name="Comment">Why.</param>
/// <param name="Until">When a suppression ends; null for never.</param>
public sealed record Decision(DriftStatus To, string By, string Comment = "", DateTimeOffset? Until = null);
