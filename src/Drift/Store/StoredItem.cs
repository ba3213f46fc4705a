namespace Comptroller.Drift.Store;

/// <summary>A small thing that is kept beside the drifts.</summary>
/// <param name="Area">What it is, such as <c>key</c>, <c>notification</c> or <c>dead-letter</c>.</param>
/// <param name="Key">Unique in its area. Time first makes pages be in its order.</param>
/// <param name="Value">Usually JSON.</param>
/// <param name="Due">When somebody is to do something about it; null for never.</param>
/// <param name="Claims">How often somebody took it.</param>
public sealed record StoredItem(string Area, string Key, string Value, DateTimeOffset? Due = null, int Claims = 0);
