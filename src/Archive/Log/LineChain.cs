using System.Security.Cryptography;

namespace Comptroller.Archive.Log;

/// <summary>
/// The hash chain over lines: <c>head = SHA-256(head of the line before ‖ line without line feed)</c>. A line that is changed, left out, added or
/// moved changes every head behind it. Before the first line of a log the head is 32 zero bytes.
/// </summary>
internal sealed class LineChain : IDisposable
{
    public const int Length = 32;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _head = new byte[Length];

    public LineChain(ReadOnlySpan<byte> head = default) => head.CopyTo(_head);

    public ReadOnlySpan<byte> Head => _head;

    public string HeadText => Convert.ToHexStringLower(_head);

    public void Add(ReadOnlySpan<byte> line)
    {
        _hash.AppendData(_head);
        _hash.AppendData(line);
        _hash.GetHashAndReset(_head);
    }

    public void Dispose() => _hash.Dispose();
}
