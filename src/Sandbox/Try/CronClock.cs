namespace Comptroller.Sandbox.Try;

/// <summary>The system's clock, until it is put forward: what cron schedules are held against when nobody wants to wait for them.</summary>
internal sealed class CronClock : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    /// <summary>It shows <paramref name="time"/> now, and goes on from there.</summary>
    public void PutForwardTo(DateTimeOffset time) => Interlocked.Exchange(ref _ahead, Math.Max(0, (time - base.GetUtcNow()).Ticks));
}
