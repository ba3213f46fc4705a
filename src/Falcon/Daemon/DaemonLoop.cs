using System.Threading.Channels;
using Comptroller.Falcon.Configuration;

namespace Comptroller.Falcon.Daemon;

/// <summary>Runs tasks by the clock, one at a time, until it is told to stop.</summary>
/// <param name="time">The clock.</param>
/// <param name="run">Runs a task to its end. Throws only when it is cancelled: a task that fails must not end the daemon.</param>
/// <param name="reload">Reads the configuration again; what it returns is used from then on.</param>
/// <param name="next">Told when the next audit is due.</param>
public sealed class DaemonLoop(
    TimeProvider time, Func<DaemonTask, CancellationToken, Task> run, Func<FalconConfig, CancellationToken, Task<FalconConfig>> reload, Action<DateTimeOffset> next)
{
    // One is enough, however often it was asked for: a reload reads what is there then.
    private readonly Channel<bool> _reloads = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Asks for a reload, between two tasks. From any thread.</summary>
    public void Reload() => _reloads.Writer.TryWrite(true);

    /// <param name="config">What it starts with.</param>
    /// <param name="lastRun">When the last audit began, by whichever process; null when there was none.</param>
    /// <param name="immediate">Audit at once, then by the clock.</param>
    /// <param name="stop">No new task is started.</param>
    /// <param name="giveUp">The running task is cancelled.</param>
    public async Task RunAsync(FalconConfig config, DateTimeOffset? lastRun, bool immediate, CancellationToken stop, CancellationToken giveUp)
    {
        var plan = new DaemonPlan(config, time.GetUtcNow(), lastRun);
        var due = immediate ? DaemonTask.FetchAndGrade : plan.Due(time.GetUtcNow());
        for (; !stop.IsCancellationRequested; due = plan.Due(time.GetUtcNow()))
        {
            next(plan[DaemonTask.FetchAndGrade]);
            if (due is { } task)
            {
                var started = time.GetUtcNow();
                await run(task, giveUp);
                plan.Ran(task, started, time.GetUtcNow());
            }

            if (await ReloadIsAskedAsync(due is null ? plan.Soonest : null, config.CheckInterval, stop))
            {
                try
                {
                    config = await reload(config, stop);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }

                plan.Change(config, time.GetUtcNow());
            }
        }
    }

    /// <summary>Waits until something may be due; without an instant it only looks.</summary>
    private async Task<bool> ReloadIsAskedAsync(DateTimeOffset? until, TimeSpan most, CancellationToken stop)
    {
        if (_reloads.Reader.TryRead(out _))
        {
            return true;
        }

        if (until is null)
        {
            return false;
        }

        // Never longer than the check interval: a clock that is set forward must not be slept through. Timers count whole milliseconds.
        var wait = until.Value - time.GetUtcNow();
        using var timer = new CancellationTokenSource(wait <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : wait < most ? wait + TimeSpan.FromMilliseconds(1) : most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stop);
        try
        {
            return await _reloads.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
