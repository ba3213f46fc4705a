using System.Security.Cryptography;

namespace Comptroller.Drift.State;

/// <summary>
/// Which resources go by a name. Kept are 64 bits of a hash instead of the names: half a million resources have two million of them. The
/// seed is the process's own, so that nobody can choose names that meet; by chance two do in one of ten million such states. Who finds a
/// resource here holds it against its real names.
/// </summary>
internal sealed class NameTable
{
    private static readonly uint Seed = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));

    private ulong[] _hashes = new ulong[16];
    private int[] _entries = new int[16];
    private int _count;

    public static ulong Hash(ReadOnlySpan<char> name)
    {
        // Two hashes that have nothing in common; the first is seeded by the runtime.
        var other = Seed ^ 2166136261;
        foreach (var character in name)
        {
            other = (other ^ character) * 16777619;
        }

        // 0 marks a free place.
        return Math.Max(1, ((ulong)(uint)string.GetHashCode(name, StringComparison.Ordinal) << 32) | other);
    }

    /// <summary>Adds a name of a resource, unless it has it already.</summary>
    public void Add(string name, int resource, bool isWeak) => Add(Hash(name), resource, isWeak);

    /// <summary>Adds the hash of a name.</summary>
    public void Add(ulong hash, int resource, bool isWeak)
    {
        if (_count * 3 >= _hashes.Length * 2)
        {
            Grow();
        }

        var mask = _hashes.Length - 1;
        var at = (int)hash & mask;
        for (; _hashes[at] != 0; at = (at + 1) & mask)
        {
            if (_hashes[at] == hash && _entries[at] >> 1 == resource)
            {
                return;
            }
        }

        (_hashes[at], _entries[at]) = (hash, (resource << 1) | (isWeak ? 1 : 0));
        _count++;
    }

    /// <summary>The next resource of a name.</summary>
    /// <param name="hash">Of the name.</param>
    /// <param name="at">Where the search goes on; -1 to begin it.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="isWeak">Whether others may be called so.</param>
    public bool Next(ulong hash, ref int at, out int resource, out bool isWeak)
    {
        var mask = _hashes.Length - 1;
        at = at < 0 ? (int)hash & mask : (at + 1) & mask;
        for (; _hashes[at] != 0; at = (at + 1) & mask)
        {
            if (_hashes[at] == hash)
            {
                (resource, isWeak) = (_entries[at] >> 1, (_entries[at] & 1) != 0);
                return true;
            }
        }

        (resource, isWeak) = (0, false);
        return false;
    }

    private void Grow()
    {
        var (hashes, entries) = (_hashes, _entries);
        (_hashes, _entries) = (new ulong[hashes.Length * 2], new int[hashes.Length * 2]);
        var mask = _hashes.Length - 1;
        for (var old = 0; old < hashes.Length; old++)
        {
            if (hashes[old] != 0)
            {
                var at = (int)hashes[old] & mask;
                while (_hashes[at] != 0)
                {
                    at = (at + 1) & mask;
                }

                (_hashes[at], _entries[at]) = (hashes[old], entries[old]);
            }
        }
    }
}
