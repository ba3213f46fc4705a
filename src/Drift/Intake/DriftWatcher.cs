using System.Collections.Immutable;
using System.Data.Common;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Intake;

/// <summary>What happens without an event: states are read again, drifts are decided, opened, resolved and forgotten.</summary>
public sealed class DriftWatcher(DriftConfig config, StateSet states, IDriftStore store, EventIntake intake, WatchFigures figures, TimeProvider time)
{
    private const int Page = 500;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // However many drifts wait to be decided: a backend is not asked more often than this.
    private static readonly TimeSpan LeastBetween = TimeSpan.FromSeconds(5);

    private static readonly ImmutableArray<DriftStatus> Standing = [DriftStatus.Pending, DriftStatus.Open, DriftStatus.Acknowledged, DriftStatus.Suppressed];

    private readonly FullComparison? _comparison = config.Comparison is null ? null : new FullComparison(config.Comparison, config.Rules);
    private DateTimeOffset? _compared;
    private DateTimeOffset? _firstCompared;
    private DateTimeOffset? _refreshed;
    private DateTimeOffset? _succeeded;
    private bool _isAsked;
    private bool _isChanged;

    /// <summary>Told what is worth a line in a log.</summary>
    public Action<string> Said { get; init; } = _ => { };

    /// <summary>Told what went wrong.</summary>
    public Action<string> Warned { get; init; } = _ => { };

    /// <summary>The full comparison that ended last; null before the first.</summary>
    public ComparisonOutcome? LastComparison { get; private set; }

    /// <summary>The full comparison that runs, or ran last.</summary>
    internal Task Comparing { get; private set; } = Task.CompletedTask;

    /// <summary>Why this watch cannot be relied on; null when it can.</summary>
    public string? Unready()
    {
        if (!states.IsComplete)
        {
            return states.Statuses.Select(status => status.Error).FirstOrDefault(error => error is not null) ?? "the states are being read";
        }

        var now = time.GetUtcNow();
        var age = now - (_succeeded ?? DateTimeOffset.MinValue);
        return intake.IsSaturated ? "the queue is full"
            : age > 2 * config.RefreshInterval + LeastBetween ? $"a state could not be read for {age.TotalSeconds:0} s; judging by the last good one"
            : Uncompared(now);
    }

    // What no event tells of only a comparison finds; without one for long, "no drift" would be a guess.
    private string? Uncompared(DateTimeOffset now) =>
        config.Comparison is { } comparison && now - (LastComparison?.SucceededAt ?? _firstCompared) is { } age && age > 2 * comparison.Interval + comparison.Timeout
            ? $"no full comparison has succeeded for {age.TotalSeconds:0} s: {LastComparison?.Error ?? $"{comparison.File ?? "its output"} is not renewed within comparison.interval"}" : null;

    /// <summary>Has every state read anew, and a full comparison begin, with the next tick.</summary>
    public void CompareNow() => Volatile.Write(ref _isAsked, true);

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            do
            {
                try
                {
                    await StepAsync(cancellationToken);
                }
                catch (Exception e) when (e is DbException or IOException)
                {
                    // The disk is full or the file locked; the next tick tries again, and intake says 503 meanwhile.
                    Warned(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        finally
        {
            // A command that it runs is ended with it.
            await Comparing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What is due now.</summary>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var isDue = await store.IsDueAsync(now, cancellationToken);
        if (Interlocked.Exchange(ref _isAsked, false))
        {
            (_refreshed, _compared) = (null, null);
            _comparison?.Forget();
            Said("asked to compare now");
        }

        var since = now - _refreshed;
        if (since is null || since >= config.RefreshInterval || ((isDue || !states.IsComplete) && since >= LeastBetween))
        {
            await RefreshAsync(now, cancellationToken);
        }

        await intake.CatchUpAsync(cancellationToken);
        if (config.Comparison is { } comparison && states.IsComplete && Comparing.IsCompleted && (!(now - _compared < comparison.Interval) || _comparison!.IsRenewed(now)))
        {
            // A plan takes minutes; drifts are decided meanwhile.
            _compared = now;
            _firstCompared ??= now;
            Comparing = CompareAsync(now, cancellationToken);
        }

        // A change is decided by a state that was just looked at. Where that failed, by the last good one: not to decide would be to hide.
        if (isDue && _refreshed >= now - LeastBetween)
        {
            var opened = await store.OpenDueAsync(now, cancellationToken);
            if (opened > 0)
            {
                Said($"drifts opened: {opened}");
            }
        }

        figures.Standing(await store.CountsAsync(cancellationToken));
    }

    private async Task RefreshAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var changed = await states.RefreshAsync(cancellationToken);
        _refreshed = now;
        var statuses = states.Statuses.ToList();
        figures.Refreshed(statuses, now);
        await store.ForgetAsync(new Retention(config.Retention, config.Retention, config.MostKept), now, cancellationToken);
        foreach (var error in statuses.Select(status => status.Error).OfType<string>())
        {
            Warned(error);
        }

        if (statuses.TrueForAll(status => status.Error is null))
        {
            _succeeded = now;
        }

        if (changed)
        {
            // Here, so that nobody who asks for it waits.
            _ = states.Index.Graph;
        }

        // Until it has been written what the change ends: the disk may be full just then.
        _isChanged |= changed;
        if (_isChanged && states.IsComplete)
        {
            var serials = statuses.Where(status => status.Serial is not null).ToDictionary(status => status.Name, status => status.Serial!.Value, StringComparer.Ordinal);
            intake.Use(states.Index, serials);
            Said($"resources in states: {states.Index.Count}");
            await RecheckAsync(serials, cancellationToken);
            _isChanged = false;
        }
    }

    private async Task CompareAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            if (await _comparison!.RunAsync(states.Index, now, cancellationToken) is { } report)
            {
                figures.Compared(report, time.GetElapsedTime(start));
                // A plan that somebody else made may be old when it is found.
                var began = report.Began < now ? report.Began.Value : now;
                await ReportAsync(report, began, cancellationToken);
                LastComparison = new ComparisonOutcome(began, report.Coverage, Error: null);
            }
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or DbException)
        {
            _comparison!.Forget();
            figures.ComparisonFailed();
            LastComparison = new ComparisonOutcome(LastComparison?.SucceededAt, LastComparison?.Coverage, e.Message);
            Warned($"the full comparison failed: {e.Message}");
        }
    }

    private async Task ReportAsync(ScanReport report, DateTimeOffset began, CancellationToken cancellationToken)
    {
        await intake.ReportAsync(report.Findings, began, cancellationToken);
        // What was seen after the comparison began it may not have looked at any more.
        var over = await SettleAsync(drift => drift.LastSeen < began ? Recheck.Resolution(drift, report, states.Index, config.States.Length <= 1) : null, cancellationToken);
        Said($"full comparison: {report.Drifted} drifted, {over} resolved");
    }

    private async Task<int> SettleAsync(Func<DriftRecord, string?> reasonOf, CancellationToken cancellationToken)
    {
        var settled = 0;
        long? before = null;
        do
        {
            var page = await store.ListAsync(new DriftQuery { Statuses = Standing, Before = before, Most = Page }, cancellationToken);
            before = page.Next;
            var over = page.Drifts.Select(drift => (drift.Id, Reason: reasonOf(drift))).Where(each => each.Reason is not null).Select(each => new Settlement(new DriftKey(each.Id), each.Reason!)).ToList();
            if (over.Count > 0)
            {
                await intake.SettleAsync(over, cancellationToken);
                settled += over.Count;
            }
        }
        while (before is not null);
        return settled;
    }

    private async Task RecheckAsync(Dictionary<string, long> serials, CancellationToken cancellationToken)
    {
        var over = await SettleAsync(drift => Recheck.Resolution(drift, states.Index, config.Comparison is null && serials.TryGetValue(drift.State, out var serial) ? serial : null), cancellationToken);
        if (over > 0)
        {
            Said($"drifts resolved: {over}");
        }
    }
}
