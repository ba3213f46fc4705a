using System.Security.Cryptography;

namespace Comptroller.Archive.Evidence;

/// <summary>A tree that only grows: what is needed of it to go on is one hash per bit of its size, so its leaves need not be kept. Not for concurrent use.</summary>
public sealed class MerkleFrontier : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // Roots of the full subtrees, widest first: those of the bits that are set in the size.
    private readonly byte[][] _roots = [.. Enumerable.Range(0, 64).Select(_ => new byte[MerkleTree.HashLength])];
    private int _count;
    private bool _leafBegun;

    public MerkleFrontier()
    {
    }

    /// <param name="size">Leaves so far.</param>
    /// <param name="roots">What <see cref="Roots"/> gave at that size.</param>
    /// <exception cref="FormatException">There are more or fewer than that size has.</exception>
    public MerkleFrontier(long size, IReadOnlyList<byte[]> roots)
    {
        if (size < 0 || roots.Count != long.PopCount(size) || roots.Any(root => root.Length != MerkleTree.HashLength))
        {
            throw new FormatException($"a tree of {size} leaves has {long.PopCount(size)} subtrees of {MerkleTree.HashLength} bytes each");
        }

        Size = size;
        foreach (var root in roots)
        {
            root.CopyTo(_roots[_count++], 0);
        }
    }

    public long Size { get; private set; }

    public byte[][] Roots => [.. _roots.Take(_count).Select(root => root.ToArray())];

    public void Add(ReadOnlySpan<byte> data)
    {
        AddPart(data);
        EndLeaf();
    }

    /// <summary>Part of a leaf that is too long to be held at once.</summary>
    public void AddPart(ReadOnlySpan<byte> data)
    {
        if (!_leafBegun)
        {
            _hash.AppendData([0]);
            _leafBegun = true;
        }

        _hash.AppendData(data);
    }

    public void EndLeaf()
    {
        if (!_leafBegun)
        {
            _hash.AppendData([0]);
        }

        _leafBegun = false;
        _hash.GetHashAndReset(_roots[_count++]);
        for (var size = ++Size; (size & 1) == 0; size >>= 1)
        {
            _count--;
            Join(_roots[_count - 1], _roots[_count]);
        }
    }

    public byte[] Root()
    {
        if (_count == 0)
        {
            return MerkleTree.EmptyRoot;
        }

        var root = _roots[_count - 1].ToArray();
        for (var i = _count - 2; i >= 0; i--)
        {
            root = MerkleTree.Node(_roots[i], root);
        }

        return root;
    }

    public void Dispose() => _hash.Dispose();

    private void Join(byte[] left, byte[] right)
    {
        Span<byte> both = stackalloc byte[1 + (2 * MerkleTree.HashLength)];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + MerkleTree.HashLength)..]);
        SHA256.HashData(both, left);
    }
}
