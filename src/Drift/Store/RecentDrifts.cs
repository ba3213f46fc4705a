using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>
/// Drifts that were seen twice alike, so that a third time need not read them. Of a fixed size: what is pushed out is read again.
/// Only for a store that nobody else writes to, and only used inside its writes.
/// </summary>
internal sealed class RecentDrifts
{
    private const int Places = 1 << 16;

    private readonly Entry[] _entries = new Entry[Places];

    [StructLayout(LayoutKind.Auto)]
    private record struct Entry(UInt128 Key, ulong Content, long Number, DateTimeOffset FirstSeen);

    /// <summary>The number of the drift, where all that this sighting changes is its tally.</summary>
    public long? Find(Sighting sighting, long? serial)
    {
        var key = Key(sighting.Key.Value);
        ref var entry = ref Place(key);
        return entry.Key == key && entry.FirstSeen <= sighting.First && entry.Content == Content(sighting, serial) ? entry.Number : null;
    }

    /// <summary>Takes up what a write found out.</summary>
    public void Learn(WriteSet set)
    {
        foreach (var (sighting, drift) in set.Unchanged)
        {
            var key = Key(drift.Id);
            Place(key) = new Entry(key, Content(sighting, drift.StateSerial), drift.Number, drift.FirstSeen);
        }

        foreach (var drift in set.Altered)
        {
            Place(Key(drift.Id)) = default;
        }
    }

    public void Clear() => Array.Clear(_entries);

    // The id itself, 24 hexadecimal digits: of two drifts that share a place each knows whether it is its own.
    private static UInt128 Key(string id) => UInt128.Parse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private ref Entry Place(UInt128 key) => ref _entries[(int)((ulong)key % Places)];

    // Two hashes of all that a drift takes from a sighting; the runtime seeds them anew in every process.
    private static ulong Content(Sighting sighting, long? serial)
    {
        var finding = sighting.Finding;
        var (first, second) = (new HashCode(), new HashCode());
        second.Add(1);
        foreach (var text in (ReadOnlySpan<string?>)[finding.ResourceId, finding.Event?.Actor.Name, finding.Event?.Name, sighting.IsLoud ? null : finding.Suppression])
        {
            first.Add(text);
            second.Add(text);
        }

        foreach (var rule in finding.Rules)
        {
            first.Add(rule);
            second.Add(rule);
        }

        Add(ref first, finding, serial);
        Add(ref second, finding, serial);
        return ((ulong)(uint)first.ToHashCode() << 32) | (uint)second.ToHashCode();
    }

    private static void Add(ref HashCode hash, Finding finding, long? serial)
    {
        hash.Add(finding.Severity);
        hash.Add(serial);
        foreach (var value in (ReadOnlySpan<JsonElement>)[finding.Old, finding.New])
        {
            var raw = value.ValueKind == JsonValueKind.Undefined ? [] : JsonMarshal.GetRawUtf8Value(value);
            hash.Add(raw.Length);
            hash.AddBytes(raw);
        }
    }
}
