using System.Collections.Immutable;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Daemon;

/// <summary>A daemon's figures at one instant.</summary>
public sealed record DaemonSnapshot
{
    public DateTimeOffset At { get; init; }

    public TimeSpan Uptime { get; init; }

    /// <summary>healthy, degraded or unhealthy.</summary>
    public required string Status { get; init; }

    public bool IsStopping { get; init; }

    public int ConsecutiveFailures { get; init; }

    public StoredRun? Last { get; init; }

    public StoredRun? LastSuccess { get; init; }

    public StoredRun? LastFailure { get; init; }

    /// <summary>When the next audit is due.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Policies of the last successful run by type.</summary>
    public ImmutableArray<(string Type, PolicySummary Summary)> Types { get; init; } = [];

    /// <summary>The reports written last.</summary>
    public ImmutableArray<WrittenReport> Reports { get; init; } = [];

    public long Runs { get; init; }

    public long Successes { get; init; }

    /// <summary>Hosts of all runs.</summary>
    public long Hosts { get; init; }

    /// <summary>Policies of all runs.</summary>
    public PolicySummary Policies { get; init; }

    /// <summary>HTTP requests of all runs.</summary>
    public long ApiCalls { get; init; }

    public long ApiErrors { get; init; }

    public RunDurations Durations { get; init; } = RunDurations.None;

    public RateLimiterCounts Limiter { get; init; }

    public ImmutableArray<OperationCount> Requests { get; init; } = [];

    public long RetriesThrottled { get; init; }

    public long RetriesUnavailable { get; init; }
}

/// <summary>How long runs took, as a histogram.</summary>
/// <param name="Sum">Of all runs.</param>
/// <param name="Counts">Runs up to each of <see cref="Bounds"/>, and last all of them.</param>
public sealed record RunDurations(TimeSpan Sum, ImmutableArray<long> Counts)
{
    /// <summary>Upper bounds in seconds.</summary>
    public static readonly ImmutableArray<int> Bounds = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200];

    public static readonly RunDurations None = new(TimeSpan.Zero, [.. new long[Bounds.Length + 1]]);

    public long Count => Counts[^1];

    public RunDurations Add(TimeSpan duration) =>
        new(Sum + duration, [.. Counts.Select((count, index) => count + (index == Bounds.Length || duration.TotalSeconds <= Bounds[index] ? 1 : 0))]);
}
