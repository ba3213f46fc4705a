using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>What was judged and is written together.</summary>
public sealed record Verdicts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long Terraform is given.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>Serials of the states that were judged by, by name.</summary>
    public IReadOnlyDictionary<string, long> Serials { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Drifts that were seen, each once.</summary>
    public IReadOnlyCollection<Sighting> Sightings { get; init; } = [];

    /// <summary>Drifts that are over, each once.</summary>
    public IReadOnlyCollection<Settlement> Settled { get; init; } = [];

    /// <summary>Who judged bodies that were claimed; empty when none were.</summary>
    public string Worker { get; init; } = "";

    /// <summary>Numbers of the claimed bodies that this is about.</summary>
    public IReadOnlyCollection<long> Done { get; init; } = [];

    public bool IsEmpty => Sightings.Count == 0 && Settled.Count == 0 && Done.Count == 0;
}
