namespace Comptroller.Archive.Backups;

/// <summary>A backup had to stop before its end. What it sent is noted in the store, and the next one goes on from there.</summary>
/// <param name="pieces">Pieces that were sent.</param>
/// <param name="bytes">Their stored bytes.</param>
public sealed class BackupPausedException(int pieces, long bytes) : Exception($"stopped with {pieces} pieces sent; the next backup goes on from there")
{
    public int Pieces { get; } = pieces;

    public long Bytes { get; } = bytes;
}
