using System.Security.Cryptography;

namespace Comptroller.Archive.Evidence;

/// <summary>Hashes and proofs of RFC 6962 (and RFC 9162): leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right), split at the largest power of two below n.</summary>
public static class MerkleTree
{
    public const int HashLength = 32;

    /// <summary>Root of a tree without leaves.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> both = stackalloc byte[1 + (2 * HashLength)];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashLength)..]);
        return SHA256.HashData(both);
    }

    public static byte[] Root(ReadOnlySpan<byte[]> leaves) => leaves.Length switch
    {
        0 => EmptyRoot,
        1 => leaves[0],
        _ => Node(Root(leaves[..Split(leaves.Length)]), Root(leaves[Split(leaves.Length)..])),
    };

    /// <summary>That a leaf is in the tree: the hashes beside its path, from the bottom (RFC 6962 section 2.1.1).</summary>
    public static byte[][] InclusionProof(ReadOnlySpan<byte[]> leaves, int index)
    {
        if (leaves.Length == 1)
        {
            return [];
        }

        var split = Split(leaves.Length);
        return index < split
            ? [.. InclusionProof(leaves[..split], index), Root(leaves[split..])]
            : [.. InclusionProof(leaves[split..], index - split), Root(leaves[..split])];
    }

    /// <summary>RFC 9162 section 2.1.3.2.</summary>
    public static bool VerifyInclusion(ReadOnlySpan<byte> leaf, long index, long size, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size)
        {
            return false;
        }

        var (at, last, hash) = (index, size - 1, leaf.ToArray());
        foreach (var beside in proof)
        {
            if (last == 0)
            {
                return false;
            }

            if ((at & 1) == 1 || at == last)
            {
                hash = Node(beside, hash);
                while ((at & 1) == 0 && at != 0)
                {
                    (at, last) = (at >> 1, last >> 1);
                }
            }
            else
            {
                hash = Node(hash, beside);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>That the first <paramref name="size"/> leaves are the tree of an earlier root (RFC 6962 section 2.1.2).</summary>
    public static byte[][] ConsistencyProof(ReadOnlySpan<byte[]> leaves, int size) =>
        size <= 0 || size >= leaves.Length ? [] : Subproof(leaves, size, isWhole: true);

    /// <summary>RFC 9162 section 2.1.4.2.</summary>
    public static bool VerifyConsistency(long firstSize, ReadOnlySpan<byte> firstRoot, long size, ReadOnlySpan<byte> root, IReadOnlyList<byte[]> proof)
    {
        if (firstSize == size)
        {
            return proof.Count == 0 && firstRoot.SequenceEqual(root);
        }

        if (firstSize <= 0 || firstSize > size)
        {
            return firstSize == 0 && proof.Count == 0;
        }

        var hashes = new List<byte[]>(proof);
        if (long.IsPow2(firstSize))
        {
            hashes.Insert(0, firstRoot.ToArray());
        }

        if (hashes.Count == 0)
        {
            return false;
        }

        var (first, last) = (firstSize - 1, size - 1);
        while ((first & 1) == 1)
        {
            (first, last) = (first >> 1, last >> 1);
        }

        var (old, current) = (hashes[0], hashes[0]);
        foreach (var hash in hashes.Skip(1))
        {
            if (last == 0)
            {
                return false;
            }

            if ((first & 1) == 1 || first == last)
            {
                (old, current) = (Node(hash, old), Node(hash, current));
                while ((first & 1) == 0 && first != 0)
                {
                    (first, last) = (first >> 1, last >> 1);
                }
            }
            else
            {
                current = Node(current, hash);
            }

            (first, last) = (first >> 1, last >> 1);
        }

        return last == 0 && old.AsSpan().SequenceEqual(firstRoot) && current.AsSpan().SequenceEqual(root);
    }

    private static byte[][] Subproof(ReadOnlySpan<byte[]> leaves, int size, bool isWhole)
    {
        if (size == leaves.Length)
        {
            return isWhole ? [] : [Root(leaves)];
        }

        var split = Split(leaves.Length);
        return size <= split
            ? [.. Subproof(leaves[..split], size, isWhole), Root(leaves[split..])]
            : [.. Subproof(leaves[split..], size - split, isWhole: false), Root(leaves[..split])];
    }

    private static int Split(int count) => 1 << int.Log2(count - 1);
}
