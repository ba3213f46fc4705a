namespace Comptroller.AuditPolicies.Replay;

/// <summary>A <see cref="KeptCount"/> in the making.</summary>
internal sealed class KeptCounter
{
    private long _events;
    private long _bytes;
    private long _atLeast;

    public void Add(in RecordedSize size)
    {
        _events += size.Kept ? 1 : 0;
        _bytes += size.Bytes;
        _atLeast += size.AtLeast ? 1 : 0;
    }

    public KeptCount Report() => new(_events, _bytes, _atLeast);
}

/// <summary>Events, and what is kept of them.</summary>
internal sealed class EventCounter
{
    public long Events { get; private set; }

    /// <summary>As recorded.</summary>
    public long Bytes { get; private set; }

    public KeptCounter Kept { get; } = new();

    public void Add(long length, in RecordedSize size)
    {
        Events++;
        Bytes += length;
        Kept.Add(size);
    }
}
