using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>
/// Drifts as they were seen, so that seeing them so again need not read them. Of a fixed size: what is pushed out is read again.
/// Only for a store that nobody else writes to, and only used inside its writes.
/// </summary>
internal sealed class RecentDrifts
{
    private const int Places = 1 << 16;

    // A drift may be in any of so many places: with one, of forty thousand drifts nearly half would push each other out.
    private const int Ways = 4;

    private readonly Entry[] _entries = new Entry[Places];
    private int _next;
    private readonly ArrayBufferWriter<byte> _content = new(4096);

    [StructLayout(LayoutKind.Auto)]
    private record struct Entry(UInt128 Key, UInt128 Content, Place Place, DateTimeOffset FirstSeen);

    /// <summary>Where a drift is.</summary>
    /// <param name="Number">Of the drift.</param>
    /// <param name="Actor">The row of whoever was seen at it; 0 for nobody.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Place(long Number, long Actor);

    /// <summary>The drift, where all that this sighting changes is its tally and that of who was seen.</summary>
    public Place? Find(Sighting sighting, long? serial)
    {
        ref var entry = ref At(Key(sighting.Key.Value), out var isKnown);
        return isKnown && entry.FirstSeen <= sighting.First && entry.Content == Content(sighting, serial) ? entry.Place : null;
    }

    /// <summary>Takes up what a write found out, once it is on disk.</summary>
    public void Learn(WriteSet set)
    {
        foreach (var (sighting, drift) in set.Seen)
        {
            var actor = 0L;
            if (!WriteSet.HasActor(sighting) || set.ActorRows.TryGetValue(drift.Id, out actor))
            {
                var key = Key(drift.Id);
                At(key, out _) = new Entry(key, Content(sighting, drift.StateSerial), new Place(set.AddedNumbers.GetValueOrDefault(drift.Id, drift.Number), actor), drift.FirstSeen);
            }
        }

        foreach (var drift in set.Altered)
        {
            ref var entry = ref At(Key(drift.Id), out var isKnown);
            if (isKnown)
            {
                entry = default;
            }
        }
    }

    public void Clear() => Array.Clear(_entries);

    // The id itself, 24 hexadecimal digits: of two drifts that share a place each knows whether it is its own.
    private static UInt128 Key(string id) => UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    // Where a drift is, else where it is to be.
    private ref Entry At(UInt128 key, out bool isKnown)
    {
        var ways = _entries.AsSpan((int)((ulong)key % (Places / Ways)) * Ways, Ways);
        var free = -1;
        for (var way = 0; way < Ways; way++)
        {
            if (ways[way].Key == key)
            {
                isKnown = true;
                return ref ways[way];
            }

            free = ways[way].Place.Number == 0 ? way : free;
        }

        isKnown = false;
        return ref ways[free >= 0 ? free : _next++ & (Ways - 1)];
    }

    // Half a SHA-256 of all that a drift and its actor take from a sighting: who makes two of them meet could hide a change behind another.
    private UInt128 Content(Sighting sighting, long? serial)
    {
        var finding = sighting.Finding;
        _content.ResetWrittenCount();
        Add(finding.ResourceId);
        Add(sighting.IsLoud ? null : finding.Suppression);
        Add(finding.Event?.Name);
        if (finding.Event is { } change)
        {
            Add(change.Actor.Name);
            Add(change.Actor.Principal);
            Add(change.Actor.PrincipalId);
            Add(change.Actor.Role);
            Add(change.Account);
            Add(change.Region);
            Add(change.SourceAddress);
            Add(change.UserAgent);
        }

        Add(finding.Rules.Length);
        foreach (var rule in finding.Rules)
        {
            Add(rule);
        }

        Add((long)finding.Severity);
        Add(serial ?? -1);
        Add(finding.Old);
        Add(finding.New);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_content.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private void Add(JsonElement value)
    {
        var raw = value.ValueKind == JsonValueKind.Undefined ? [] : JsonMarshal.GetRawUtf8Value(value);
        Add(raw.Length);
        _content.Write(raw);
    }

    // With its length before it, so that no two lists of texts are written alike.
    private void Add(string? text)
    {
        Add(text?.Length ?? -1);
        _content.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private void Add(long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_content.GetSpan(sizeof(long)), number);
        _content.Advance(sizeof(long));
    }
}
