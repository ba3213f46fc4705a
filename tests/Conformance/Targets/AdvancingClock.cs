namespace Comptroller.Conformance.Targets;

/// <summary>
/// A calendar that stands still but where a recording let time pass, so that whether two writes fall into one second, which orders the managers
/// of an object, does not depend on the machine. Timers and intervals run as ever.
/// </summary>
internal sealed class AdvancingClock : TimeProvider
{
    private readonly long start = System.GetUtcNow().Ticks;
    private long ahead;

    public override DateTimeOffset GetUtcNow() => new(start + Interlocked.Read(ref ahead), TimeSpan.Zero);

    public void Advance(TimeSpan time) => Interlocked.Add(ref ahead, time.Ticks);
}
