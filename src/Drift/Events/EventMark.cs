using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// What tells an event from every other, in hashes: logs deliver at least once, and clouds tell of what takes long when it begins and again when
/// it is done. Such a pair is known by what the first of the two leaves and the other looks for, whichever comes first; it is found once, so
/// that nobody hides a second change behind the operation of a first. 0 where a log does not say.
/// </summary>
/// <param name="Record">Of the record: the same one delivered again has the same.</param>
/// <param name="Leaves">What it leaves for the other record of its operation.</param>
/// <param name="Meets">What the other one has left.</param>
/// <param name="IsDetailed">Whether it has the request. Who was told of a change without it has yet to be told what it set.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EventMark(ulong Record, ulong Leaves, ulong Meets, bool IsDetailed)
{
    // Random, so that nobody can choose names that meet.
    private static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    /// <summary>Of a record with an id of its own.</summary>
    internal static EventMark Of(JsonElement id, JsonElement request)
    {
        // The bytes as they are: the hot path makes no text of what it only compares.
        var raw = id.ValueKind == JsonValueKind.String ? JsonMarshal.GetRawUtf8Value(id) : [];
        return raw.Length <= 2 || raw.SequenceEqual("\"<NA>\""u8) ? default : new EventMark(Finish(Add(Seed, raw)), 0, 0, IsThere(request));
    }

    /// <summary>Of a record that may be one of two about an operation.</summary>
    /// <param name="record">What the record is called; empty when it has no name.</param>
    /// <param name="operation">What the operation is called; empty when it has no name or no second record.</param>
    /// <param name="isEnd">Whether the record tells the end of it.</param>
    /// <param name="request">What was asked, where the record has it.</param>
    internal static EventMark Of(ReadOnlySpan<string> record, ReadOnlySpan<string> operation, bool isEnd, JsonElement request)
    {
        var (begun, ended) = (Hash(operation, "begun"), Hash(operation, "ended"));
        return new EventMark(Hash(record, "record"), isEnd ? ended : begun, isEnd ? begun : ended, IsThere(request));
    }

    /// <summary>Of one of several changes in a record.</summary>
    internal EventMark Of(int change) => Record == 0 ? this : this with { Record = Finish(Record + (ulong)change) };

    private static bool IsThere(JsonElement request) => request.ValueKind == JsonValueKind.Object;

    private static ulong Hash(ReadOnlySpan<string> texts, string what)
    {
        if (texts.IsEmpty)
        {
            return 0;
        }

        var hash = Add(Seed, MemoryMarshal.AsBytes(what.AsSpan()));
        foreach (var text in texts)
        {
            // With its length, so that no two lists of texts are hashed alike.
            hash = Add(hash ^ (ulong)text.Length, MemoryMarshal.AsBytes(text.AsSpan()));
        }

        return Finish(hash);
    }

    private static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var letter in bytes)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return hash;
    }

    // 0 marks what has no name, and the last bit of a mark is free for whoever keeps it.
    private static ulong Finish(ulong hash) => Math.Max(2, Mix(hash));

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 32)) * 0xE9846AF9B1A615D;
        hash = (hash ^ (hash >> 32)) * 0xE9846AF9B1A615D;
        return hash ^ (hash >> 28);
    }
}
