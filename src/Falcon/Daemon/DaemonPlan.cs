using Comptroller.Falcon.Configuration;

namespace Comptroller.Falcon.Daemon;

/// <summary>What a daemon does by the clock.</summary>
public enum DaemonTask
{
    FetchAndGrade,
    Cleanup,
    Metrics,
}

/// <summary>
/// When each task is due. Slots that pass while a task runs collapse into one: tasks never overlap, and a long run is followed by
/// one late run instead of several.
/// </summary>
public sealed class DaemonPlan(FalconConfig config, DateTimeOffset start)
{
    private readonly Dictionary<DaemonTask, DateTimeOffset> _next = Enum.GetValues<DaemonTask>().ToDictionary(task => task, task => NextOf(config, task, start));

    public DateTimeOffset this[DaemonTask task] => _next[task];

    /// <summary>When to look again.</summary>
    public DateTimeOffset Soonest => _next.Values.Min();

    /// <summary>The task to run now; null when none is due.</summary>
    public DaemonTask? Due(DateTimeOffset now) => _next.Where(entry => entry.Value <= now).OrderBy(entry => entry.Key).Select(entry => (DaemonTask?)entry.Key).FirstOrDefault();

    /// <summary>A task has run; what was due meanwhile is not caught up.</summary>
    public void Ran(DaemonTask task, DateTimeOffset now) => _next[task] = NextOf(config, task, now);

    private static DateTimeOffset NextOf(FalconConfig config, DaemonTask task, DateTimeOffset after) => (task switch
    {
        DaemonTask.FetchAndGrade => config.FetchAndGrade,
        DaemonTask.Cleanup => config.Cleanup,
        _ => config.Metrics,
    }).Next(after, config.TimeZone);
}
