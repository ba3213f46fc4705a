using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.Lifecycle;

/// <summary>A drift that is over.</summary>
/// <param name="Key">Which.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Only">
/// Only when this JSON is all the drift ever was; null for any. Of two rules that were opened in one group, closing one settles nothing.
/// </param>
public sealed record Settlement(DriftKey Key, string Reason, string? Only = null)
{
    internal static Settlement Of(Finding finding, string reason, string? only = null) => new(DriftKey.Of(finding), reason, only);
}
