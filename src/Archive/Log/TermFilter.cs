using System.Text;

namespace Comptroller.Archive.Log;

/// <summary>Says of a word that it is certainly not in a block, or may be: a Bloom filter of 10 bits a word, one wrong "may be" in a hundred.</summary>
internal sealed class TermFilter
{
    private const int Probes = 7;
    private const int BitsPerTerm = 10;

    /// <summary>A block of a megabyte in which every event names another thing would otherwise have an index as long as itself.</summary>
    private const int MostBytes = 4096;

    private readonly HashSet<ulong> _terms = [];

    /// <summary>A word of one of the fields that are looked for; the mark keeps an actor from being taken for a resource.</summary>
    public void Add(char field, ReadOnlySpan<byte> text)
    {
        // A block has a few thousand events; what is beyond fills the filter anyway.
        if (!text.IsEmpty && _terms.Count < MostBytes * 8)
        {
            _terms.Add(Hash(field, text));
        }
    }

    public byte[] ToBytes()
    {
        var bits = new byte[Math.Clamp((_terms.Count * BitsPerTerm / 8) + 1, 8, MostBytes)];
        foreach (var term in _terms)
        {
            for (var probe = 0; probe < Probes; probe++)
            {
                var bit = Bit(term, probe, bits.Length);
                bits[bit >> 3] |= (byte)(1 << (bit & 7));
            }
        }

        return bits;
    }

    public void Clear() => _terms.Clear();

    public static bool MayHold(byte[] filter, char field, string text)
    {
        var term = Hash(field, Encoding.UTF8.GetBytes(text));
        for (var probe = 0; probe < Probes; probe++)
        {
            var bit = Bit(term, probe, filter.Length);
            if ((filter[bit >> 3] & (1 << (bit & 7))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // Two halves of one hash make as many probes as are wanted (Kirsch and Mitzenmacher).
    private static int Bit(ulong term, int probe, int bytes) => (int)(((uint)term + ((ulong)probe * ((uint)(term >> 32) | 1))) % ((ulong)bytes * 8));

    // FNV-1a with a last mix: stored in files, so it must be the same everywhere and for ever.
    private static ulong Hash(char field, ReadOnlySpan<byte> text)
    {
        var hash = (14695981039346656037UL ^ field) * 1099511628211UL;
        foreach (var value in text)
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        return hash ^ (hash >> 33);
    }
}
