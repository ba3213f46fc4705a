using System.Collections.Immutable;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Scheduling;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Daemon;

/// <summary>What a daemon has done since it started: for its health, its metrics and the metrics report.</summary>
public sealed class DaemonFigures
{
    private readonly TimeProvider _time;
    private readonly FalconCounters _counters;
    private readonly RateLimiter _limiter;
    private readonly Lock _gate = new();
    private readonly DateTimeOffset _started;
    private readonly RunHealth _health = new();
    private DaemonSnapshot _sum;

    public DaemonFigures(TimeProvider time, FalconCounters counters, RateLimiter limiter)
    {
        (_time, _counters, _limiter, _started) = (time, counters, limiter, time.GetUtcNow());
        _sum = new DaemonSnapshot { Status = _health.Status };
    }

    /// <summary>Whether a probe should call it ready: five failures in a row, or no success for longer than is allowed, are not; nor is one that stops.</summary>
    /// <param name="freshUntil">Until when a success at an instant is recent enough; the start counts as one.</param>
    public bool Ready(Func<DateTimeOffset, DateTimeOffset> freshUntil)
    {
        lock (_gate)
        {
            return !_sum.IsStopping && _health.Status != "unhealthy" && _time.GetUtcNow() <= freshUntil(_sum.LastSuccess?.Ended ?? _started);
        }
    }

    /// <summary>Until when a success is recent enough: two slots after it were missed, and the second run has had its hour.</summary>
    /// <remarks>By the slots that follow it, not by the distance of any two: office hours have sixty hours without a slot at every weekend.</remarks>
    public static DateTimeOffset FreshUntil(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset success) =>
        schedule.Next(schedule.Next(success, zone), zone) + TimeSpan.FromHours(1);

    public void Next(DateTimeOffset at)
    {
        lock (_gate)
        {
            _sum = _sum with { Next = at };
        }
    }

    /// <summary>It takes no new work.</summary>
    public void Stopping()
    {
        lock (_gate)
        {
            _sum = _sum with { IsStopping = true };
        }
    }

    /// <summary>A run has ended.</summary>
    /// <param name="run">How.</param>
    /// <param name="types">What became of each type; they are shown until a later run succeeds.</param>
    /// <param name="reports">What was written.</param>
    public void Record(StoredRun run, ImmutableArray<TypeAudit> types = default, IReadOnlyList<WrittenReport>? reports = null)
    {
        lock (_gate)
        {
            _health.Record(run.Succeeded);
            _sum = _sum with
            {
                Status = _health.Status,
                ConsecutiveFailures = _health.ConsecutiveFailures,
                Last = run,
                LastSuccess = run.Succeeded ? run : _sum.LastSuccess,
                LastFailure = run.Succeeded ? _sum.LastFailure : run,
                Types = run.Succeeded && !types.IsDefault ? [.. types.Select(type => (type.Type.Name, type.Summary))] : _sum.Types,
                Reports = reports is { Count: > 0 } ? [.. reports] : _sum.Reports,
                Runs = _sum.Runs + 1,
                Successes = _sum.Successes + (run.Succeeded ? 1 : 0),
                Hosts = _sum.Hosts + run.Hosts.Total,
                Policies = _sum.Policies + run.Policies,
                ApiCalls = _sum.ApiCalls + run.ApiCalls,
                ApiErrors = _sum.ApiErrors + run.ApiErrors,
                Durations = _sum.Durations.Add(run.Duration),
            };
        }
    }

    /// <summary>All of it at one instant.</summary>
    public DaemonSnapshot Snapshot()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            return _sum with
            {
                At = now,
                Uptime = now - _started,
                Limiter = _limiter.Counts,
                Requests = _counters.ByOperation,
                RetriesThrottled = _counters.RetriesThrottled,
                RetriesUnavailable = _counters.RetriesUnavailable,
            };
        }
    }
}
