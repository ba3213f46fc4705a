namespace Comptroller.Archive.Log;

/// <summary>How a log is kept.</summary>
public sealed record LogOptions
{
    public static LogOptions Default { get; } = new();

    /// <summary>Buffer, cache and compression.</summary>
    public Tuning Tuning { get; init; } = Tuning.Default;

    /// <summary>Appends that may wait to be written; the next one waits before it is taken.</summary>
    public int QueueCapacity { get; init; } = 1000;

    /// <summary>A live segment of that many bytes is sealed.</summary>
    public long SegmentBytes { get; init; } = 50L << 20;

    /// <summary>A live segment whose first event is that old is sealed.</summary>
    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Sealed segments whose newest event is older are deleted; null keeps all.</summary>
    public TimeSpan? Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>What becomes of names and addresses of people; null keeps them.</summary>
    public PersonalData? Personal { get; init; }

    /// <summary>Where the process that writes tells how it is, for the state that others look at; null for nowhere.</summary>
    public string? Endpoint { get; init; }
}
