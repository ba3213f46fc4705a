namespace Comptroller.Conformance.Targets;

/// <summary>The system's clock, moved ahead where a recording waited for something to expire. Timers run as ever.</summary>
internal sealed class AdvancingClock : TimeProvider
{
    private long aheadTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref aheadTicks));

    public void Advance(TimeSpan time) => Interlocked.Add(ref aheadTicks, time.Ticks);
}
