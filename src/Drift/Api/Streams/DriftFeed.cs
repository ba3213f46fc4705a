using System.Collections.Immutable;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api.Streams;

/// <summary>
/// What happens to drifts, in order, to any number of clients. The newest events are held once for all of them; who is further behind is
/// given what the store has. So a slow client costs no memory: its buffer is the store, and its place in it is a number.
/// </summary>
/// <param name="store">Where the changes are.</param>
public sealed class DriftFeed(IDriftStore store) : IDisposable
{
    /// <summary>Events that are held for clients that keep up.</summary>
    private const int MostHeld = 512;

    private readonly SemaphoreSlim _reading = new(1);
    private volatile Held _held = new(-1, []);

    private sealed record Held(long After, ImmutableArray<FeedEvent> Events)
    {
        public long Last => Events.IsEmpty ? After : Events[^1].Number;
    }

    /// <summary>The number of the newest event.</summary>
    public Task<long> LastAsync(CancellationToken cancellationToken) => store.LastChangeAsync(cancellationToken);

    /// <summary>Where a client goes on: behind the event it names, or from now on.</summary>
    public async Task<long> StartAsync(string? lastEventId, CancellationToken cancellationToken)
    {
        var last = await store.LastChangeAsync(cancellationToken);
        // A number the store has not reached is one of another store; nothing would ever come.
        return long.TryParse(lastEventId, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var known) && known <= last ? known : last;
    }

    /// <summary>Events behind one, oldest first; waits until there are some.</summary>
    /// <param name="after">The number of the last event the client has.</param>
    /// <param name="most">Most at once.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The events, and the number to go on behind: it can be larger than theirs, where drifts are gone already.</returns>
    public async Task<(ImmutableArray<FeedEvent> Events, long Last)> ReadAsync(long after, int most, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Behind(_held, after, most) is { IsEmpty: false } held)
            {
                return (held, held[^1].Number);
            }

            if (after >= _held.After && after >= _held.Last)
            {
                await store.WaitForChangeAsync(after, cancellationToken);
            }

            var (events, last) = await LoadAsync(after, most, cancellationToken);
            if (last > after)
            {
                return (events, last);
            }
        }
    }

    public void Dispose() => _reading.Dispose();

    private static ImmutableArray<FeedEvent> Behind(Held held, long after, int most)
    {
        if (held.After < 0 || after < held.After || after >= held.Last)
        {
            return [];
        }

        var (low, high) = (0, held.Events.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = held.Events[middle].Number > after ? (low, middle) : (middle + 1, high);
        }

        return held.Events.Slice(low, Math.Min(most, held.Events.Length - low));
    }

    private async Task<(ImmutableArray<FeedEvent> Events, long Last)> LoadAsync(long after, int most, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            // Another client may have read it meanwhile.
            if (Behind(_held, after, most) is { IsEmpty: false } held)
            {
                return (held, held[^1].Number);
            }

            var changes = await store.ChangesAsync(after, most, cancellationToken);
            var events = ImmutableArray.CreateBuilder<FeedEvent>(changes.Count);
            var known = new Dictionary<string, DriftRecord?>(StringComparer.Ordinal);
            foreach (var id in changes.Select(change => change.Drift).Distinct(StringComparer.Ordinal))
            {
                known[id] = await store.FindAsync(id, cancellationToken);
            }

            var last = await store.LastActorsAsync([.. known.Values.OfType<DriftRecord>().Select(drift => drift.Number)], cancellationToken);
            foreach (var change in changes)
            {
                if (known[change.Drift] is { } drift)
                {
                    // The drift as the change left it; what it became since has an event of its own.
                    var left = drift with { Status = change.To, Severity = change.Severity, New = change.Value ?? drift.New };
                    events.Add(FeedEvent.Of(change, left, last.GetValueOrDefault(drift.Number)));
                }
            }

            Hold(after, events.ToImmutable());
            return (events.ToImmutable(), changes.Count == 0 ? after : changes[^1].Number);
        }
        finally
        {
            _reading.Release();
        }
    }

    // Only what follows without a gap is held; a client that is far behind reads past it.
    private void Hold(long after, ImmutableArray<FeedEvent> events)
    {
        var held = _held;
        if (events.IsEmpty || after < held.Last)
        {
            return;
        }

        var all = after == held.Last && held.After >= 0 ? held.Events.AddRange(events) : events;
        var start = after == held.Last && held.After >= 0 ? held.After : after;
        if (all.Length > MostHeld)
        {
            start = all[all.Length - MostHeld - 1].Number;
            all = all[(all.Length - MostHeld)..];
        }

        _held = new Held(start, all);
    }
}
