using Comptroller.Archive.Log;

namespace Comptroller.Archive.Health;

/// <summary>Judges a log by what its running process wrote of itself and by its file. Pure: thresholds are those of the utilities that came before.</summary>
public static class LogHealth
{
    private const double Megabyte = 1024 * 1024;

    /// <summary>A writer that missed that many of its own intervals is dead or hangs.</summary>
    private const int MissedIntervals = 3;
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(15);

    /// <param name="log">What was found on the disk.</param>
    /// <param name="now">The time.</param>
    public static HealthReport Judge(ObservedLog log, DateTimeOffset now)
    {
        HealthCheck[] checks = [WriteBuffer(log.State), Worker(log.State, now), LogFile(log), RateLimiting(log.State), Security(log.State), QueryCache(log.State)];
        int Count(HealthStatus status) => checks.Count(check => check.Status == status);
        return new HealthReport(
            checks.Max(check => check.Status),
            now,
            log.State is { Closed: false } state ? Math.Max(0, (long)(now - state.StartedAt).TotalSeconds) : 0,
            checks,
            new HealthSummary(checks.Length, Count(HealthStatus.Healthy), Count(HealthStatus.Warning), Count(HealthStatus.Critical)),
            new HealthMetadata(log.Path, log.LastWrite));
    }

    /// <summary>Whether the process that writes to the log is at work.</summary>
    public static bool IsAlive(LogState? state, DateTimeOffset now) =>
        state is { Closed: false, Failure: null }
        && now - state.UpdatedAt <= TimeSpan.FromTicks(Math.Max(LeastPatience.Ticks, TimeSpan.FromSeconds(state.FlushIntervalSeconds * MissedIntervals).Ticks));

    private static HealthCheck WriteBuffer(LogState? state)
    {
        var size = state?.Queued ?? 0;
        return new HealthCheck("write_buffer", Above(size, 500, 800), $"Buffer size: {size} events", new Dictionary<string, object?> { ["size"] = size, ["warning_threshold"] = 500, ["critical_threshold"] = 800 });
    }

    private static HealthCheck Worker(LogState? state, DateTimeOffset now)
    {
        var alive = IsAlive(state, now);
        var message = alive ? "Worker thread running"
            : state is null ? "Worker thread not running: no process has written to this log"
            : state.Failure is { } failure ? $"Worker thread stopped: {failure}"
            : state.Closed ? $"Worker thread not running: process {state.ProcessId} closed the log"
            : $"Worker thread not running: process {state.ProcessId} has said nothing since {state.UpdatedAt:u}";
        return new HealthCheck("worker_thread", alive ? HealthStatus.Healthy : HealthStatus.Critical, message, new Dictionary<string, object?> { ["alive"] = alive, ["daemon"] = true });
    }

    private static HealthCheck LogFile(ObservedLog log)
    {
        if (log.Error is { } error)
        {
            return new HealthCheck("log_file", HealthStatus.Critical, $"Log file cannot be read: {error}", new Dictionary<string, object?> { ["exists"] = true, ["error"] = error });
        }

        if (log.Bytes is not { } bytes)
        {
            return new HealthCheck("log_file", HealthStatus.Warning, "Log file not yet created", new Dictionary<string, object?> { ["exists"] = false, ["path"] = log.Path });
        }

        var megabytes = Math.Round(bytes / Megabyte, 2);
        var status = megabytes > 5000 ? HealthStatus.Critical : megabytes > 1000 ? HealthStatus.Warning : HealthStatus.Healthy;
        return new HealthCheck("log_file", status, FormattableString.Invariant($"File size: {megabytes:0.0} MB"),
            new Dictionary<string, object?> { ["exists"] = true, ["size_bytes"] = bytes, ["size_mb"] = megabytes, ["path"] = log.Path });
    }

    // "Blocked" once meant dropped. Nothing is dropped here: it counts the appends that had to wait for room.
    private static HealthCheck RateLimiting(LogState? state)
    {
        var (blocked, sources) = (state?.Delayed ?? 0, state?.Sources ?? 0);
        return new HealthCheck("rate_limiting", blocked > 1000 ? HealthStatus.Critical : blocked > 500 ? HealthStatus.Warning : HealthStatus.Healthy,
            $"Rate limiting active: {blocked} blocked, {sources} sources",
            new Dictionary<string, object?> { ["active_sources"] = sources, ["blocked_events"] = blocked, ["current_rates"] = state?.Rates ?? [] });
    }

    private static HealthCheck Security(LogState? state)
    {
        var (refused, other) = (state?.ValidationErrors ?? 0, state?.WriteErrors ?? 0);
        var status = refused > 50 || other > 10 ? HealthStatus.Critical : refused > 20 || other > 5 ? HealthStatus.Warning : HealthStatus.Healthy;
        return new HealthCheck("security", status, $"Security monitoring active: {refused + other} recent events",
            new Dictionary<string, object?> { ["total_events"] = refused + other, ["validation_errors"] = refused, ["rate_limit_exceeded"] = 0, ["other"] = other });
    }

    // An empty cache was once a warning, and so no check of a fresh process could ever come out healthy. It is one here only where nobody runs.
    private static HealthCheck QueryCache(LogState? state)
    {
        var (size, capacity) = (state?.CacheEntries ?? 0, state?.CacheCapacity ?? Tuning.Default.CacheSize);
        var used = capacity == 0 ? 0 : Math.Round(100.0 * size / capacity, 1);
        var isEmpty = size == 0 && (state is null || state.CacheLookups > 0);
        return new HealthCheck("query_cache", isEmpty ? HealthStatus.Warning : HealthStatus.Healthy,
            size == 0 ? "Cache empty (may not be used)" : FormattableString.Invariant($"{size} entries, {used:0.0}% full"),
            new Dictionary<string, object?> { ["size"] = size, ["capacity"] = capacity, ["usage_percentage"] = used });
    }

    private static HealthStatus Above(long value, long warning, long critical) =>
        value >= critical ? HealthStatus.Critical : value >= warning ? HealthStatus.Warning : HealthStatus.Healthy;
}
