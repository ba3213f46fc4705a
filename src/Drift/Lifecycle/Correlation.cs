using System.Collections.Immutable;

namespace Comptroller.Drift.Lifecycle;

/// <summary>Drifts of several clouds that belong together.</summary>
/// <param name="Id">Time of the first of them and a hash of what holds them together: stays the same while they grow.</param>
/// <param name="Reason">What holds them together.</param>
/// <param name="Key">The name of the user, or the category.</param>
/// <param name="Score">How sure that is, from 0 to 1.</param>
/// <param name="Drifts">Oldest first.</param>
public sealed record Correlation(string Id, CorrelationReason Reason, string Key, double Score, ImmutableArray<DriftRecord> Drifts)
{
    /// <summary>The clouds, by name.</summary>
    public ImmutableArray<string> Providers => [.. Drifts.Select(drift => drift.Provider).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public DateTimeOffset First => Drifts[0].FirstSeen;

    public DateTimeOffset Last => Drifts[^1].FirstSeen;
}

/// <summary>What holds drifts together.</summary>
public enum CorrelationReason
{
    /// <summary>One person, or one program, changed several clouds.</summary>
    User,

    /// <summary>The same kind of thing was changed in several clouds.</summary>
    Category,
}

/// <summary>How reasons are written; the names are those of the replaced tool.</summary>
public static class CorrelationReasons
{
    public static string Name(this CorrelationReason reason) => reason == CorrelationReason.User ? "same_user_multi_cloud" : "related_resource_pattern";
}
