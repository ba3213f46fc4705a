using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Scheduling;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Falcon.Tests.Daemon;

/// <summary>The daemon on a clock that moves when it is told. It starts on 2026-01-01 at midnight.</summary>
public sealed class DaemonLoopTests : IDisposable
{
    private static readonly FalconConfig Config = new() { FetchAndGrade = CronSchedule.Parse("0 */2 * * *"), Cleanup = CronSchedule.Parse("0 2 * * *"), Metrics = CronSchedule.Parse("@yearly") };

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<string> _ran = [];
    private readonly List<DateTimeOffset> _next = [];
    private TaskCompletionSource? _hold;
    private int _running;
    private int _mostAtOnce;

    [Fact]
    public async Task Tasks_run_at_their_times_on_the_clock_of_the_zone()
    {
        var tokyo = Config with { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo"), FetchAndGrade = CronSchedule.Parse("30 9 * * *") };
        var daemon = Start(tokyo, out _);
        await UntilAsync(3, TimeSpan.FromDays(2));
        _ran.ShouldBe(["01 00:30 FetchAndGrade", "01 17:00 Cleanup", "02 00:30 FetchAndGrade"]);
        await StopAsync(daemon);
    }

    [Fact]
    public async Task Tasks_never_overlap_and_a_long_one_is_followed_by_one_late_run()
    {
        _hold = new TaskCompletionSource();
        var daemon = Start(Config, out _);
        await UntilAsync(1, TimeSpan.FromHours(3));
        _time.Advance(TimeSpan.FromHours(7));
        await Settle.BrieflyAsync();
        _ran.Count.ShouldBe(1);
        _hold.SetResult();
        _hold = null;
        await UntilAsync(4, TimeSpan.FromHours(4));
        _ran.ShouldBe(["01 02:00 FetchAndGrade", "01 09:00 FetchAndGrade", "01 09:00 Cleanup", "01 10:00 FetchAndGrade"]);
        _mostAtOnce.ShouldBe(1);
        await StopAsync(daemon);
    }

    [Fact]
    public async Task A_slot_missed_before_the_start_runs_at_once()
    {
        var daemon = Start(Config, out _, lastRun: _time.GetUtcNow().AddHours(-5));
        await UntilAsync(1, TimeSpan.FromMinutes(1));
        _ran[0].ShouldBe("01 00:00 FetchAndGrade");
        await StopAsync(daemon);
    }

    [Fact]
    public async Task A_clock_that_is_set_forward_is_noticed_within_the_check_interval()
    {
        var daemon = Start(Config, out _);
        await Settle.UntilAsync(() => _time.ArmedTimers > 0);
        _time.JumpWallClock(TimeSpan.FromHours(30));
        await UntilAsync(1, Config.CheckInterval);
        _ran[0].ShouldBe("02 06:01 FetchAndGrade");
        await StopAsync(daemon);
    }

    [Fact]
    public async Task A_reload_moves_the_next_run_and_waits_for_the_running_task()
    {
        _hold = new TaskCompletionSource();
        var daemon = Start(Config, out var loop, reloaded: Config with { FetchAndGrade = CronSchedule.Parse("*/10 * * * *") });
        await UntilAsync(1, TimeSpan.FromHours(3));
        loop.Reload();
        loop.Reload();
        await Settle.BrieflyAsync();
        _ran.ShouldBe(["01 02:00 FetchAndGrade"]);
        _hold.SetResult();
        _hold = null;
        await UntilAsync(4, TimeSpan.FromHours(1));
        _ran.ShouldBe(["01 02:00 FetchAndGrade", "01 02:00 reload", "01 02:00 Cleanup", "01 02:10 FetchAndGrade"]);
        _next[^1].ShouldBe(_time.GetUtcNow().AddMinutes(10));
        await StopAsync(daemon);
    }

    [Fact]
    public async Task A_stop_starts_nothing_new_lets_the_running_task_end_and_cancels_it_when_that_takes_too_long()
    {
        _hold = new TaskCompletionSource();
        var daemon = Start(Config, out _);
        await UntilAsync(1, TimeSpan.FromHours(3));
        await _stop.CancelAsync();
        await Settle.BrieflyAsync();
        daemon.IsCompleted.ShouldBeFalse();
        await _giveUp.CancelAsync();
        await daemon.EndsAsync();
        // Cleanup was due at the same minute.
        _ran.ShouldBe(["01 02:00 FetchAndGrade"]);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_reload_ends_in_order()
    {
        var reading = new TaskCompletionSource();
        var loop = new DaemonLoop(_time, RunAsync, async (running, token) =>
        {
            reading.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return running;
        }, _next.Add);
        var daemon = loop.RunAsync(Config, lastRun: null, immediate: false, _stop.Token, _giveUp.Token);
        loop.Reload();
        await reading.Task.EndsAsync();
        await _stop.CancelAsync();
        await daemon.EndsAsync();
        _ran.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _giveUp.Dispose();
    }

    private Task Start(FalconConfig config, out DaemonLoop loop, DateTimeOffset? lastRun = null, FalconConfig? reloaded = null)
    {
        loop = new DaemonLoop(_time, RunAsync, (running, _) =>
        {
            Note("reload");
            return Task.FromResult(reloaded ?? running);
        }, _next.Add);
        return loop.RunAsync(config, lastRun, immediate: false, _stop.Token, _giveUp.Token);
    }

    private async Task RunAsync(DaemonTask task, CancellationToken cancellationToken)
    {
        _mostAtOnce = Math.Max(_mostAtOnce, Interlocked.Increment(ref _running));
        Note($"{task}");
        if (_hold is { } hold)
        {
            await hold.Task.WaitAsync(cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        Interlocked.Decrement(ref _running);
    }

    private void Note(string what)
    {
        lock (_ran)
        {
            _ran.Add($"{_time.GetUtcNow():dd HH:mm} {what}");
        }
    }

    private Task UntilAsync(int count, TimeSpan limit) => _time.AdvanceUntilAsync(() => _ran.Count >= count, TimeSpan.FromSeconds(30), limit);

    private async Task StopAsync(Task daemon)
    {
        await _stop.CancelAsync();
        await daemon.EndsAsync();
    }
}
