using System.Security.Cryptography;

namespace Comptroller.Archive.Log;

/// <summary>Counts the lines of a sealed segment anew and says whether its index says the same: one that was changed would keep events from being found.</summary>
internal sealed class IndexCheck(SegmentIndex index) : IDisposable
{
    private readonly BlockBuilder _builder = new(index.FirstSeq);
    private readonly IncrementalHash _text = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _blocks;
    private long _bytes;
    private bool _differs;

    public void Add(ReadOnlySpan<byte> line)
    {
        _text.AppendData(line);
        _text.AppendData("\n"u8);
        _builder.Add(line);
        if (_builder.IsFull)
        {
            Close();
        }
    }

    /// <summary>Once, behind the last line.</summary>
    /// <param name="storedBytes">Length of the compressed file.</param>
    public bool Holds(long storedBytes)
    {
        if (_builder.TextLength > 0)
        {
            Close();
        }

        return !_differs && index.Version == SegmentIndex.Format && _blocks == index.Blocks.Length
            && index.Bytes == _bytes && index.Sha256 == Convert.ToHexStringLower(_text.GetHashAndReset())
            && index.StoredBytes == storedBytes && index.Blocks.Sum(block => (long)block.Length) == storedBytes
            && index.Oldest == _builder.Oldest && index.Newest == _builder.Newest;
    }

    public void Dispose() => _text.Dispose();

    private void Close()
    {
        _bytes += _builder.TextLength;
        var stored = _blocks < index.Blocks.Length ? index.Blocks[_blocks] : null;
        var counted = _builder.Take(stored?.Length ?? 0);
        _differs |= stored is null || counted with { Terms = stored.Terms } != stored || !counted.Terms.AsSpan().SequenceEqual(stored.Terms);
        _blocks++;
    }
}
