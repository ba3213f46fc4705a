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

    /// <summary>A longer array than the longest is made, and not kept.</summary>
    public static ArrayPool<byte> Pool { get; } = ArrayPool<byte>.Create(Longest, MostOfALength);
}

/// <summary>Bytes in a borrowed array, which goes back when this is disposed.</summary>
/// <param name="least">Room that is needed.</param>
internal sealed class BorrowedBytes(int least) : IDisposable
{
    private byte[]? _room = LargeArrays.Pool.Rent(least);

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
            LargeArrays.Pool.Return(room);
        }
    }
}
