using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// Finds the end of a JSON value without reading what is in it: most of an audit log is bodies that only their length matters of. Brackets
/// are counted outside strings and not told apart, and numbers and words are taken as they come, so nonsense inside a value goes unnoticed.
/// </summary>
internal static class JsonSkip
{
    private const int Block = 64;
    private const ulong EvenBits = 0x5555_5555_5555_5555;

    /// <summary>The index after the value that starts at <paramref name="start"/>; -1 when it does not end or is none.</summary>
    public static int Value(ReadOnlySpan<byte> json, int start) => (uint)start >= (uint)json.Length ? -1 : json[start] switch
    {
        (byte)'"' => Text(json, start),
        (byte)'{' or (byte)'[' => Container(json, start),
        (byte)'t' or (byte)'f' or (byte)'n' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') => Word(json, start),
        _ => -1,
    };

    /// <summary>The index after the string whose opening quote is at <paramref name="start"/>; -1 when it does not end.</summary>
    public static int Text(ReadOnlySpan<byte> json, int start)
    {
        for (var position = start + 1; position < json.Length;)
        {
            var found = json[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0)
            {
                return -1;
            }

            if (json[position + found] == '"')
            {
                return position + found + 1;
            }

            position += found + 2;
        }

        return -1;
    }

    private static int Word(ReadOnlySpan<byte> json, int start)
    {
        var length = json[start..].IndexOfAny((byte)',', (byte)'}', (byte)']');
        var end = length < 0 ? json.Length : start + length;
        return start + json[start..end].TrimEnd(" \t\r\n"u8).Length;
    }

    // 64 bytes at a time as bit masks: quotes that are not escaped give the stretches inside strings, and the brackets outside of them are
    // counted without being visited. Only the block in which the depth can return to zero is looked at bit by bit.
    private static int Container(ReadOnlySpan<byte> json, int start)
    {
        var depth = 0;
        ulong inString = 0, escapeCarry = 0;
        Span<byte> tail = stackalloc byte[Block];
        for (var position = start; position < json.Length; position += Block)
        {
            ulong quotes, backslashes, opens, closes;
            if (json.Length - position >= Block)
            {
                Classify(json[position..], out quotes, out backslashes, out opens, out closes);
            }
            else
            {
                tail.Fill((byte)' ');
                json[position..].CopyTo(tail);
                Classify(tail, out quotes, out backslashes, out opens, out closes);
            }

            var strings = PrefixXor(quotes & ~Escaped(backslashes, ref escapeCarry)) ^ inString;
            inString = (ulong)((long)strings >> 63);
            opens &= ~strings;
            closes &= ~strings;
            var closing = BitOperations.PopCount(closes);
            if (depth > closing)
            {
                depth += BitOperations.PopCount(opens) - closing;
                continue;
            }

            for (var rest = closes; rest != 0; rest &= rest - 1)
            {
                var bit = BitOperations.TrailingZeroCount(rest);
                var before = (1UL << bit) - 1;
                if (depth + BitOperations.PopCount(opens & before) - BitOperations.PopCount(closes & before) == 1)
                {
                    return position + bit + 1;
                }
            }

            depth += BitOperations.PopCount(opens) - closing;
        }

        return -1;
    }

    // [ and { differ in one bit, as do ] and }.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Classify(ReadOnlySpan<byte> block, out ulong quotes, out ulong backslashes, out ulong opens, out ulong closes)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            var bytes = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(block));
            var folded = bytes | Vector512.Create((byte)0x20);
            quotes = Vector512.Equals(bytes, Vector512.Create((byte)'"')).ExtractMostSignificantBits();
            backslashes = Vector512.Equals(bytes, Vector512.Create((byte)'\\')).ExtractMostSignificantBits();
            opens = Vector512.Equals(folded, Vector512.Create((byte)'{')).ExtractMostSignificantBits();
            closes = Vector512.Equals(folded, Vector512.Create((byte)'}')).ExtractMostSignificantBits();
            return;
        }

        quotes = backslashes = opens = closes = 0;
        ref var first = ref MemoryMarshal.GetReference(block);
        for (var offset = 0; offset < Block; offset += Vector256<byte>.Count)
        {
            var bytes = Vector256.LoadUnsafe(ref first, (nuint)offset);
            var folded = bytes | Vector256.Create((byte)0x20);
            quotes |= (ulong)Vector256.Equals(bytes, Vector256.Create((byte)'"')).ExtractMostSignificantBits() << offset;
            backslashes |= (ulong)Vector256.Equals(bytes, Vector256.Create((byte)'\\')).ExtractMostSignificantBits() << offset;
            opens |= (ulong)Vector256.Equals(folded, Vector256.Create((byte)'{')).ExtractMostSignificantBits() << offset;
            closes |= (ulong)Vector256.Equals(folded, Vector256.Create((byte)'}')).ExtractMostSignificantBits() << offset;
        }
    }

    // A bit is set when an odd number of bits is set up to and including it: from an opening quote to before its closing one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        bits ^= bits << 1;
        bits ^= bits << 2;
        bits ^= bits << 4;
        bits ^= bits << 8;
        bits ^= bits << 16;
        return bits ^ (bits << 32);
    }

    // The characters after an odd number of backslashes. Adding the starts of runs at odd bits carries each run to its end, whose parity
    // then tells whether the run was of odd length; the carry out of the block is the escape of the next block's first character.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Escaped(ulong backslashes, ref ulong carry)
    {
        if (backslashes == 0)
        {
            (var first, carry) = (carry, 0UL);
            return first;
        }

        backslashes &= ~carry;
        var follows = (backslashes << 1) | carry;
        var oddStarts = backslashes & ~EvenBits & ~follows;
        var sum = oddStarts + backslashes;
        carry = sum < backslashes ? 1UL : 0UL;
        return (EvenBits ^ (sum << 1)) & follows;
    }
}
