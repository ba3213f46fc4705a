using System.Buffers;

namespace Comptroller.Archive.Files;

/// <summary>
/// Arrays of megabytes that are used again. Fresh ones are collected only with everything else, so a run that makes one for each piece holds many
/// of them; and the pool that all share keeps one per thread and size.
/// </summary>
internal static class LargeArrays
{
    private const int Longest = 64 << 20;
    private const int MostOfALength = 16;

    /// <summary>What requests leave behind is little, so little that it would not be collected for gigabytes of text, and pass for memory that is needed.</summary>
    private const int UsesPerCollection = 64;

    private static int _uses;

    /// <summary>A longer array than the longest is made, and not kept.</summary>
    public static ArrayPool<byte> Pool { get; private set; } = Fresh();

    /// <summary>A piece has passed through. Some milliseconds in every few seconds: what is alive are a dozen arrays without references in them.</summary>
    public static void Used()
    {
        if (Interlocked.Increment(ref _uses) % UsesPerCollection == 0)
        {
            GC.Collect();
        }
    }

    /// <summary>No more pieces come for now: what comes behind them, such as their manifest, gets their room.</summary>
    public static void LetGo()
    {
        Pool = Fresh();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private static ArrayPool<byte> Fresh()
    {
        NativeHeap.ReturnLargeBlocks();
        return ArrayPool<byte>.Create(Longest, MostOfALength);
    }
}

/// <summary>Bytes in a borrowed array, which goes back when this is disposed.</summary>
internal sealed class BorrowedBytes : IDisposable
{
    private readonly ArrayPool<byte> _pool = LargeArrays.Pool;
    private byte[]? _room;

    /// <param name="least">Room that is needed.</param>
    public BorrowedBytes(int least) => _room = _pool.Rent(least);

    public byte[] Room => _room ?? throw new ObjectDisposedException(nameof(BorrowedBytes));

    /// <summary>How much of the room is used.</summary>
    public int Length { get; set; }

    public ReadOnlyMemory<byte> Memory => Room.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Room.AsSpan(0, Length);

    public static BorrowedBytes Of(ReadOnlySpan<byte> bytes)
    {
        var borrowed = new BorrowedBytes(bytes.Length) { Length = bytes.Length };
        bytes.CopyTo(borrowed.Room);
        return borrowed;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _room, null) is { } room)
        {
            _pool.Return(room);
        }
    }
}
