using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Notifications;

/// <summary>
/// Tells channels what happens to drifts. It reads the changes that the store has, so detection never waits for it, and it writes what is
/// to be sent into the store, so a restart loses nothing and of several replicas one tells. A message that cannot be delivered is tried
/// again for a while and then is a dead letter that people can see, send again or drop.
/// </summary>
public sealed class Notifier : IDisposable
{
    /// <summary>Where dead letters are in a store.</summary>
    public const string DeadLetters = "dead-letter";

    private const string CursorArea = "notification-cursor";
    private const string CursorKey = "feed";
    private const int MostTogether = 500;
    private const int MostSentTogether = 8;
    private const long MostWaiting = 10_000;
    private const int MostDeadLetters = 10_000;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ResendInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(10);

    private readonly NotificationConfig _config;
    private readonly IDriftStore _store;
    private readonly TimeProvider _time;
    private readonly Postman _postman;
    private readonly Meter _meter = new("Comptroller.Drift.Notifications");
    private readonly Counter<long> _outcomes;
    private readonly ConcurrentDictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _wakes = new(StringComparer.Ordinal);
    private long _dead;
    private long _after = -1;

    /// <param name="config">Who is told of what.</param>
    /// <param name="store">Where changes come from and letters wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="postman">Sends; one of its own without.</param>
    public Notifier(NotificationConfig config, IDriftStore store, TimeProvider time, Postman? postman = null)
    {
        (_config, _store, _time, _postman) = (config, store, time, postman ?? new Postman(config, time));
        _outcomes = _meter.CreateCounter<long>("driftwatch_notifications_total", unit: null, "Messages by channel and what became of them: sent, retried, dead_letter, dropped");
        _meter.CreateObservableGauge("driftwatch_notification_queue_depth", () => _waiting.Select(each => new Measurement<long>(each.Value, new KeyValuePair<string, object?>("channel", each.Key))), unit: null, "Messages that wait to be sent");
        _meter.CreateObservableGauge("driftwatch_dead_letters", () => Volatile.Read(ref _dead), unit: null, "Messages that were given up");
        foreach (var channel in config.Channels)
        {
            (_waiting[channel.Name], _wakes[channel.Name]) = (0, new SemaphoreSlim(0));
            foreach (var outcome in (ReadOnlySpan<string>)["sent", "retried", "dead_letter", "dropped"])
            {
                _outcomes.Add(0, new("channel", channel.Name), new("outcome", outcome));
            }
        }
    }

    /// <summary>Told what went wrong.</summary>
    public Action<string> Warned { get; init; } = _ => { };

    private sealed record Cursor(long After, long? UpTo)
    {
        public string ToJson() => UpTo is { } upTo ? $$"""{"after":{{After}},"upTo":{{upTo}}}""" : $$"""{"after":{{After}}}""";

        public static Cursor OfJson(string text)
        {
            using var document = JsonDocument.Parse(text);
            return new Cursor(document.RootElement.GetProperty("after").GetInt64(), document.RootElement.TryGetProperty("upTo", out var upTo) ? upTo.GetInt64() : null);
        }
    }

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_config.Channels.IsEmpty)
        {
            return;
        }

        await Task.WhenAll(_config.Channels.Select(channel => RepeatAsync(() => DeliverAsync(channel, cancellationToken), channel.Name, cancellationToken)).Append(RepeatAsync(() => GatherAsync(cancellationToken), null, cancellationToken)));
    }

    /// <summary>Makes letters of the changes of a window that has ended.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    public async Task<bool> GatherAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (_after < 0)
        {
            // What happened before anybody was to be told is no news.
            await _store.AddAsync(new StoredItem(CursorArea, CursorKey, new Cursor(await _store.LastChangeAsync(cancellationToken), null).ToJson(), now), cancellationToken);
            _after = 0;
        }
        else if (await _store.LastChangeAsync(cancellationToken) <= _after)
        {
            return false;
        }

        if (await _store.ClaimItemsAsync(CursorArea, 1, Lease, now, cancellationToken) is not [{ } item])
        {
            return false;
        }

        try
        {
            return await GatherAsync(item, now, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the window, once written, stays; only who may go on with it changes.
            if (await _store.GetAsync(CursorArea, CursorKey, CancellationToken.None) is { } held)
            {
                await _store.PutAsync(held with { Due = now }, CancellationToken.None);
            }

            throw;
        }
    }

    private async Task<bool> GatherAsync(StoredItem item, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var cursor = Cursor.OfJson(item.Value);
        var window = await WindowAsync(cursor, cancellationToken);
        _after = cursor.After;
        if (window.Count == 0)
        {
            await _store.PutAsync(item with { Due = now }, cancellationToken);
            return false;
        }

        var news = window.FindAll(Routing.IsNews);
        var ends = news.Count == 0 ? now : news[0].At + _config.GroupWindow;
        if (cursor.UpTo is null && ends > now && window.Count < MostTogether)
        {
            await _store.PutAsync(item with { Due = ends }, cancellationToken);
            return false;
        }

        // The end of the window is written first: whoever has to do this again does the very same, and the letters are there once.
        var upTo = window[^1].Number;
        if (cursor.UpTo is null && news.Count > 0)
        {
            await _store.PutAsync(item with { Value = new Cursor(cursor.After, upTo).ToJson(), Due = now + Lease }, cancellationToken);
        }

        await WriteAsync(cursor, news, now, cancellationToken);
        await _store.PutAsync(item with { Value = new Cursor(upTo, null).ToJson(), Due = now }, CancellationToken.None);
        _after = upTo;
        return true;
    }

    /// <summary>Sends what waits for a channel.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    public async Task<bool> DeliverAsync(ChannelConfig channel, CancellationToken cancellationToken)
    {
        var items = await _store.ClaimItemsAsync(Area(channel), MostSentTogether, Lease, _time.GetUtcNow(), cancellationToken);
        for (var at = 0; at < items.Count; at++)
        {
            try
            {
                await DeliverAsync(channel, items[at], cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Whoever goes on would otherwise wait for the lease, and an update of the pods would delay what people are told by minutes.
                foreach (var item in items.Skip(at))
                {
                    await _store.PutAsync(item with { Due = _time.GetUtcNow() }, CancellationToken.None);
                }

                throw;
            }
        }

        if (channel.Type == ChannelType.Alertmanager)
        {
            await ResendAsync(channel, cancellationToken);
        }

        _waiting[channel.Name] = await _store.CountItemsAsync(Area(channel), cancellationToken);
        Volatile.Write(ref _dead, await _store.CountItemsAsync(DeadLetters, cancellationToken));
        return items.Count == MostSentTogether;
    }

    /// <summary>A page of dead letters, oldest first.</summary>
    public Task<IReadOnlyList<StoredItem>> DeadAsync(string after, int most, CancellationToken cancellationToken) => _store.ItemsAsync(DeadLetters, after, most, cancellationToken);

    /// <summary>Sends a dead letter again.</summary>
    /// <returns>False when there is none of that id, or its channel is gone.</returns>
    public async Task<bool> RetryAsync(string id, CancellationToken cancellationToken)
    {
        if (await _store.GetAsync(DeadLetters, id, cancellationToken) is not { } item)
        {
            return false;
        }

        var letter = Letter.OfJson(item.Value);
        var channel = _config.Channels.FirstOrDefault(each => each.Name == letter.Channel);
        if (channel is null)
        {
            return false;
        }

        var now = _time.GetUtcNow();
        await _store.PutAsync(new StoredItem(Area(channel), id, (letter with { Created = now, Error = "", Failed = null }).ToJson(), now), cancellationToken);
        await _store.RemoveAsync(DeadLetters, id, cancellationToken);
        Wake(channel.Name);
        return true;
    }

    /// <summary>Drops a dead letter.</summary>
    public Task<bool> DropAsync(string id, CancellationToken cancellationToken) => _store.RemoveAsync(DeadLetters, id, cancellationToken);

    public void Dispose()
    {
        _postman.Dispose();
        _meter.Dispose();
        foreach (var wake in _wakes.Values)
        {
            wake.Dispose();
        }
    }

    internal static string Area(ChannelConfig channel) => $"notification:{channel.Name}";

    private async Task RepeatAsync(Func<Task<bool>> step, string? channel, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await step();
            }
            catch (DbException e)
            {
                Warned($"notifications wait: {e.Message}");
            }

            if (!more && channel is not null)
            {
                await _wakes[channel].WaitAsync(Pause, cancellationToken);
            }
            else if (!more)
            {
                await Task.Delay(Pause / 2, _time, cancellationToken);
            }
        }
    }

    private async Task<List<DriftChange>> WindowAsync(Cursor cursor, CancellationToken cancellationToken)
    {
        var changes = await _store.ChangesAsync(cursor.After, MostTogether, cancellationToken);
        return [.. changes.Where(change => cursor.UpTo is null || change.Number <= cursor.UpTo)];
    }

    private async Task WriteAsync(Cursor cursor, List<DriftChange> news, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var window = new List<(DriftChange Change, DriftRecord Drift)>(news.Count);
        foreach (var change in news)
        {
            if (await _store.FindAsync(change.Drift, cancellationToken) is { } drift)
            {
                window.Add((change, drift));
            }
        }

        foreach (var channel in _config.Channels)
        {
            var own = Routing.For(channel, window);
            if (own.Count == 0)
            {
                continue;
            }

            if (await _store.CountItemsAsync(Area(channel), cancellationToken) >= MostWaiting)
            {
                Count(channel, "dropped");
                Warned($"channel {channel.Name}: {MostWaiting} messages wait already; what comes now is not told");
                continue;
            }

            var letter = new Letter(channel.Name, now, [.. own.Select(each => (each.Drift.Id, each.Change.Name))]);
            await _store.AddAsync(new StoredItem(Area(channel), cursor.After.ToString("D19", CultureInfo.InvariantCulture), letter.ToJson(), now), cancellationToken);
            Wake(channel.Name);
        }
    }

    private async Task DeliverAsync(ChannelConfig channel, StoredItem item, CancellationToken cancellationToken)
    {
        var letter = Letter.OfJson(item.Value);
        var notices = new List<Notice>(letter.Changes.Count);
        foreach (var (id, change) in letter.Changes)
        {
            if (await _store.FindAsync(id, cancellationToken) is { } drift)
            {
                notices.Add(new Notice(change, drift));
            }
        }

        var last = await _store.LastActorsAsync([.. notices.Select(notice => notice.Drift.Number)], cancellationToken);
        notices = notices.ConvertAll(notice => notice with { Last = last.GetValueOrDefault(notice.Drift.Number) });

        // Drifts that are forgotten meanwhile are nothing to tell.
        var delivery = notices.Count == 0 ? Delivery.Done : await _postman.SendAsync(channel, notices, $"{channel.Name}-{item.Key}", cancellationToken);
        // From here on nothing stops it: what has left must not be sent again.
        var now = _time.GetUtcNow();
        if (delivery.IsDone)
        {
            await _store.RemoveAsync(item.Area, item.Key, CancellationToken.None);
            Count(channel, "sent");
            return;
        }

        var failed = letter with { Error = delivery.Error, Attempts = letter.Attempts + 1 };
        if (!delivery.IsFinal && now - letter.Created < _config.GiveUpAfter)
        {
            Count(channel, "retried");
            await _store.PutAsync(item with { Value = failed.ToJson(), Due = now + Backoff(failed.Attempts, delivery.RetryAfter) }, CancellationToken.None);
            return;
        }

        Count(channel, "dead_letter");
        Warned($"channel {channel.Name}: a message about {letter.Changes.Count} drifts is given up: {delivery.Error}");
        // Kept before it is taken out of the queue: twice is better than never.
        await _store.PutAsync(new StoredItem(DeadLetters, $"{now.ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture)}-{channel.Name}-{item.Key}", (failed with { Failed = now }).ToJson()), CancellationToken.None);
        await _store.RemoveAsync(item.Area, item.Key, CancellationToken.None);
        if (await _store.CountItemsAsync(DeadLetters, CancellationToken.None) > MostDeadLetters && await _store.ItemsAsync(DeadLetters, "", 1, CancellationToken.None) is [{ } oldest])
        {
            await _store.RemoveAsync(DeadLetters, oldest.Key, CancellationToken.None);
        }
    }

    // An alert that nobody repeats ends by itself; a drift does not.
    private async Task ResendAsync(ChannelConfig channel, CancellationToken cancellationToken)
    {
        var (area, now) = ($"resend:{channel.Name}", _time.GetUtcNow());
        await _store.AddAsync(new StoredItem(area, "open", "{}", now + ResendInterval), cancellationToken);
        if (await _store.ClaimItemsAsync(area, 1, ResendInterval, now, cancellationToken) is not [_])
        {
            return;
        }

        long? before = null;
        do
        {
            var page = await _store.ListAsync(new DriftQuery { Statuses = [DriftStatus.Open], Before = before, Most = MostTogether }, cancellationToken);
            before = page.Next;
            List<Notice> notices = [.. page.Drifts.Where(drift => Routing.Wants(channel, drift)).Select(drift => new Notice("opened", drift))];
            if (notices.Count > 0 && await _postman.SendAsync(channel, notices, $"{channel.Name}-again", cancellationToken) is { IsDone: false } delivery)
            {
                // The next hour tries again, well before the alerts end.
                Warned($"channel {channel.Name}: open drifts could not be told again: {delivery.Error}");
                return;
            }
        }
        while (before is not null);
    }

    private static TimeSpan Backoff(int attempts, TimeSpan? asked)
    {
        var wait = TimeSpan.FromSeconds(15 * Math.Pow(2, Math.Min(attempts, 10) - 1));
        wait = wait > LongestBackoff ? LongestBackoff : wait;
        // Jitter: channels that failed together must not come back together.
        wait *= 0.8 + (0.4 * Random.Shared.NextDouble());
        return asked > wait ? asked.Value : wait;
    }

    private void Wake(string channel)
    {
        if (_wakes[channel].CurrentCount == 0)
        {
            _wakes[channel].Release();
        }
    }

    private void Count(ChannelConfig channel, string outcome) => _outcomes.Add(1, new("channel", channel.Name), new("outcome", outcome));
}
