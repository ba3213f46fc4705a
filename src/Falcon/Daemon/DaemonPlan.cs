using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Daemon;

/// <summary>What a daemon does by the clock.</summary>
public enum DaemonTask
{
    FetchAndGrade,
    Cleanup,
    Metrics,
}

/// <summary>
/// When each task is due. Tasks never overlap; whether a slot that passes while a task runs, or while no process is there, is made up
/// for is <see cref="FalconConfig.MissedRuns"/>. However many slots were missed, one run makes up for all of them.
/// </summary>
public sealed class DaemonPlan
{
    // Within it a clock that was put back is waited out: a correction must not run a slot twice.
    private static readonly TimeSpan Correction = TimeSpan.FromHours(1);

    private readonly Dictionary<DaemonTask, DateTimeOffset> _next;
    private FalconConfig _config;
    private DateTimeOffset _seen;

    /// <param name="config">Schedules, time zone and what becomes of missed runs.</param>
    /// <param name="now">The time.</param>
    /// <param name="lastRun">When the last audit began, by this process or one before it; null when there was none.</param>
    public DaemonPlan(FalconConfig config, DateTimeOffset now, DateTimeOffset? lastRun)
    {
        (_config, _seen) = (config, now);
        _next = Enum.GetValues<DaemonTask>().ToDictionary(task => task, task => NextOf(task, now));
        if (lastRun < now && config.MissedRuns == MissedRuns.Once)
        {
            _next[DaemonTask.FetchAndGrade] = NextOf(DaemonTask.FetchAndGrade, lastRun.Value);
        }
    }

    public DateTimeOffset this[DaemonTask task] => _next[task];

    /// <summary>When to look again.</summary>
    public DateTimeOffset Soonest => _next.Values.Min();

    /// <summary>The task to run now; null when none is due.</summary>
    public DaemonTask? Due(DateTimeOffset now)
    {
        if (now < _seen - Correction)
        {
            // The clock was wrong and has been put right: what it had planned may be years away.
            foreach (var task in Enum.GetValues<DaemonTask>())
            {
                _next[task] = NextOf(task, now);
            }
        }

        _seen = now;
        return _next.Where(entry => entry.Value <= now).OrderBy(entry => entry.Key).Select(entry => (DaemonTask?)entry.Key).FirstOrDefault();
    }

    /// <summary>A task has run.</summary>
    public void Ran(DaemonTask task, DateTimeOffset started, DateTimeOffset now) =>
        _next[task] = NextOf(task, _config.MissedRuns == MissedRuns.Once && started < now ? started : now);

    /// <summary>Takes other schedules. A task whose schedule stays the same stays due when it is.</summary>
    public void Change(FalconConfig config, DateTimeOffset now)
    {
        var before = _config;
        _config = config;
        foreach (var task in Enum.GetValues<DaemonTask>())
        {
            if (!before.TimeZone.Equals(config.TimeZone) || ScheduleOf(before, task).Text != ScheduleOf(config, task).Text)
            {
                _next[task] = NextOf(task, now);
            }
        }
    }

    private DateTimeOffset NextOf(DaemonTask task, DateTimeOffset after) => ScheduleOf(_config, task).Next(after, _config.TimeZone);

    private static CronSchedule ScheduleOf(FalconConfig config, DaemonTask task) => task switch
    {
        DaemonTask.FetchAndGrade => config.FetchAndGrade,
        DaemonTask.Cleanup => config.Cleanup,
        _ => config.Metrics,
    };
}
