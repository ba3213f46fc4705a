using System.Buffers.Binary;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>
/// Chain heads of the live segment, beside it: 40 bytes each, the number of an event and the head behind it. The first is that of the segment
/// before. They are written behind the lines and tell, after a crash, which lines were there and whether they are still the same.
/// </summary>
internal sealed class ChainFile : IDisposable
{
    private const int RecordLength = 8 + LineChain.Length;

    private readonly FileStream _file;
    private long _length;

    private ChainFile(FileStream file) => (_file, _length) = (file, file.Length - (file.Length % RecordLength));

    public static IReadOnlyList<(long Seq, byte[] Head)> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var bytes = File.ReadAllBytes(path);
        // The last record may be torn; it only says less.
        return [.. Enumerable.Range(0, bytes.Length / RecordLength).Select(i => bytes.AsSpan(i * RecordLength, RecordLength)
            .ToArray()).Select(record => (BinaryPrimitives.ReadInt64BigEndian(record), record[8..]))];
    }

    /// <summary>Begins anew, with the head before the first line.</summary>
    public static async Task<ChainFile> CreateAsync(string path, long seq, ReadOnlyMemory<byte> head, CancellationToken cancellationToken)
    {
        var record = new byte[RecordLength];
        Write(record, seq, head.Span);
        await DurableFile.WriteAsync(path, record, cancellationToken);
        return Open(path);
    }

    public static ChainFile Open(string path) => new(new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0));

    /// <summary>Not synced: a lost record makes nothing wrong, and the lines themselves are synced.</summary>
    /// <returns>False when the disk did not take it. The lines are there all the same; what was written of it, the next one is written over.</returns>
    public bool TryMark(long seq, ReadOnlySpan<byte> head)
    {
        Span<byte> record = stackalloc byte[RecordLength];
        Write(record, seq, head);
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, record, _length);
        }
        catch (IOException)
        {
            return false;
        }

        _length += RecordLength;
        return true;
    }

    public void Dispose() => _file.Dispose();

    private static void Write(Span<byte> record, long seq, ReadOnlySpan<byte> head)
    {
        BinaryPrimitives.WriteInt64BigEndian(record, seq);
        head.CopyTo(record[8..]);
    }
}
