using System.Text.Json.Serialization;

namespace Comptroller.Archive.Log;

/// <summary>What a running log says of itself, written beside it so that health checks look at the process that runs and not at one of their own.</summary>
public sealed record LogState
{
    public required int ProcessId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When this was written; a writer that has not written for three intervals is dead or hangs.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    public required double FlushIntervalSeconds { get; init; }

    /// <summary>Set by a log that was closed in order.</summary>
    public bool Closed { get; init; }

    /// <summary>Where the process tells how it is; null for nowhere.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Why the writer takes no more events; null while it does.</summary>
    public string? Failure { get; init; }

    public int Queued { get; init; }

    public int QueueCapacity { get; init; }

    public long Events { get; init; }

    /// <summary>Events a second over <see cref="RateSeconds"/>; null before there is a second of them.</summary>
    public double? EventsPerSecond { get; init; }

    /// <summary>Of how long that is: the last minute, or less in the first one.</summary>
    public double RateSeconds { get; init; }

    /// <summary>Appends of the last minute that had to wait for room in the queue. None is ever dropped.</summary>
    public long Delayed { get; init; }

    /// <summary>Events of the last interval, by actor: the busiest ones.</summary>
    public Dictionary<string, long> Rates { get; init => field = value ?? []; } = [];

    public int Sources { get; init; }

    /// <summary>Among the last 100 refusals and failures of the last hour.</summary>
    public int ValidationErrors { get; init; }

    /// <summary>Likewise.</summary>
    public int WriteErrors { get; init; }

    public int CacheEntries { get; init; }

    public int CacheCapacity { get; init; }

    public long CacheHits { get; init; }

    public long CacheLookups { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LogState))]
internal sealed partial class LogStateJson : JsonSerializerContext;
