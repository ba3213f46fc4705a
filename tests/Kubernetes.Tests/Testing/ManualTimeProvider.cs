namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>
/// A clock that moves only when told. The monotonic time and the wall clock are set apart, so that a test can let the wall clock
/// jump (X4). Timers fire in order of their due time, on the thread that advances.
/// </summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TimeSpan elapsed = TimeSpan.FromDays(1);
    private DateTimeOffset wallClockAtZero = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) - TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are armed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (gate)
            {
                return timers.Count;
            }
        }
    }

    /// <summary>How often a timer was armed, ever: an idle program does not move this.</summary>
    public long TimersArmed { get; private set; }

    public override long GetTimestamp()
    {
        lock (gate)
        {
            return elapsed.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return wallClockAtZero + elapsed;
        }
    }

    /// <summary>Moves the wall clock alone, as an administrator or NTP would.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (gate)
        {
            wallClockAtZero += by;
        }
    }

    /// <summary>Time until the next timer fires; null when none is armed.</summary>
    public TimeSpan? NextDue()
    {
        lock (gate)
        {
            return timers.Count == 0 ? null : timers.Min(timer => timer.Due) - elapsed;
        }
    }

    public void Advance(TimeSpan by)
    {
        TimeSpan target;
        lock (gate)
        {
            target = elapsed + by;
        }

        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due);
                if (next is null)
                {
                    elapsed = target;
                    return;
                }

                elapsed = next.Due > elapsed ? next.Due : elapsed;
                next.Rearm();
            }

            next.Fire();
        }
    }

    /// <summary>Advances in steps until the condition holds, letting other threads run after each step.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step, TimeSpan limit)
    {
        for (var moved = TimeSpan.Zero; !condition(); moved += step)
        {
            if (moved > limit)
            {
                throw new TimeoutException($"not within {limit} of the manual clock");
            }

            Advance(step);
            await Settle.BrieflyAsync(condition);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                this.period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock.elapsed + dueTime;
                    clock.timers.Add(this);
                    clock.TimersArmed++;
                }
            }

            return true;
        }

        public void Rearm()
        {
            clock.timers.Remove(this);
            if (period > TimeSpan.Zero)
            {
                Due += period;
                clock.timers.Add(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
