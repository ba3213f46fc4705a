namespace Comptroller.Archive.Log;

/// <summary>The four constants of the utilities this log replaces, and what they mean here.</summary>
/// <param name="BufferSize">Events that are made durable together, at most. None of them is acknowledged before it is durable.</param>
/// <param name="FlushInterval">How often the running log writes down its state for others to look at, and looks whether the segment is old. No append waits for it.</param>
/// <param name="CacheSize">Queries whose answers are kept.</param>
/// <param name="CompressionLevel">gzip level of sealed segments, 1 to 9.</param>
public sealed record Tuning(int BufferSize, TimeSpan FlushInterval, int CacheSize, int CompressionLevel)
{
    public static Tuning Default { get; } = new(100, TimeSpan.FromSeconds(5), 128, 6);

    /// <summary>The profiles by name, with the numbers of the utilities. Level 9 takes twice the time of 6 and gains a percent, or loses one.</summary>
    public static IReadOnlyDictionary<string, Tuning> Profiles { get; } = new Dictionary<string, Tuning>(StringComparer.Ordinal)
    {
        ["default"] = Default,
        ["production"] = new(200, TimeSpan.FromSeconds(3), 256, 6),
        ["high-traffic"] = new(500, TimeSpan.FromSeconds(10), 512, 3),
        ["low-latency"] = new(50, TimeSpan.FromSeconds(1), 128, 1),
        ["storage-optimized"] = new(1000, TimeSpan.FromSeconds(30), 64, 9),
    };
}
