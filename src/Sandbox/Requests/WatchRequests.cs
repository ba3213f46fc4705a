using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>One line of a watch.</summary>
internal abstract record WatchLine
{
    /// <summary>A change, or at the beginning an object that is there.</summary>
    internal sealed record Change(string Type, ServedObject Object) : WatchLine;

    /// <summary>How far the client has seen everything.</summary>
    /// <param name="EndsInitialEvents">The objects that were there at the beginning have all been sent.</param>
    internal sealed record Bookmark(long Revision, bool EndsInitialEvents) : WatchLine;

    /// <summary>The last line of a watch that cannot go on.</summary>
    internal sealed record Error(JsonObject Status) : WatchLine;
}

/// <summary>Watches: what is sent and when, apart from its encoding.</summary>
internal sealed class WatchRequests(ObjectStore store, TimeProvider time)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastBookmarkLead = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FutureWait = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The lines of a watch, until its time is over, the watcher is dropped, or the client goes. Null stands for a pause: what was
    /// sent so far should reach the client now.
    /// </summary>
    /// <param name="cancellationToken">Ends the watch without an exception.</param>
    public async IAsyncEnumerable<WatchLine?> RunAsync(ApiRequest request, ListOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = request.Resource.Storage;
        // Clients of old style that start from nothing get the present objects too, and since bookmarks exist also the end mark.
        var sendsInitial = options.SendInitialEvents ?? options.Revision is null or 0;
        var deadline = Elapsed() + (options.TimeoutSeconds is > 0 and { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultTimeout);
        if (options.SendInitialEvents == true && options.Revision is { } wanted && wanted > store.Revision)
        {
            await PauseAsync(FutureWait, cancellationToken).ConfigureAwait(false);
            if (store.Revision is var current && wanted > current)
            {
                yield return new WatchLine.Error(StatusResponses.FutureRevision(wanted, current).Body);
                yield break;
            }
        }
        StoreSnapshot? initial = null;
        Watcher? watcher;
        if (sendsInitial || options.Revision is null or 0)
        {
            (initial, watcher) = store.WatchFromNow(place);
        }
        else
        {
            watcher = store.Watch(place, options.Revision.Value, out var oldest);
            if (watcher is null)
            {
                yield return new WatchLine.Error(StatusResponses.Expired($"too old resource version: {options.Revision} ({oldest})").Body);
                yield break;
            }
        }
        using (watcher)
        {
            if (sendsInitial)
            {
                foreach (var line in InitialLines(request, options, initial!))
                {
                    yield return line;
                }
            }
            yield return null;
            var after = options.Revision ?? 0;
            await foreach (var line in FollowAsync(request, options, watcher, Math.Max(after, initial?.Revision ?? 0), deadline, cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
    }

    private static IEnumerable<WatchLine> InitialLines(ApiRequest request, ListOptions options, StoreSnapshot initial)
    {
        foreach (var present in initial.Range(request.Namespace))
        {
            var view = present.As(request.Resource);
            if (options.Selects(view))
            {
                yield return new WatchLine.Change("ADDED", view);
            }
        }
        if (options.AllowBookmarks)
        {
            yield return new WatchLine.Bookmark(initial.Revision, EndsInitialEvents: true);
        }
    }

    private async IAsyncEnumerable<WatchLine?> FollowAsync(
        ApiRequest request, ListOptions options, Watcher watcher, long after, TimeSpan deadline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lastBookmark = deadline - LastBookmarkLead;
        var nextBookmark = !options.AllowBookmarks || lastBookmark <= Elapsed() ? TimeSpan.MaxValue : Earlier(lastBookmark, Elapsed() + BookmarkInterval);
        while (true)
        {
            while (watcher.Events.TryRead(out var change))
            {
                if (change.Revision > after && LineOf(request, options, change) is { } line)
                {
                    yield return line;
                }
            }
            yield return null;
            var now = Elapsed();
            if (now >= deadline || cancellationToken.IsCancellationRequested)
            {
                yield break;
            }
            if (now >= nextBookmark && watcher.DrainedRevision() is { } revision)
            {
                yield return new WatchLine.Bookmark(Math.Max(revision, after), EndsInitialEvents: false);
                nextBookmark = now >= lastBookmark ? TimeSpan.MaxValue : Earlier(lastBookmark, now + BookmarkInterval);
                continue;
            }
            if (!await WaitAsync(watcher, Earlier(deadline, nextBookmark) - now, cancellationToken).ConfigureAwait(false))
            {
                yield break;
            }
        }
    }

    /// <summary>What a change looks like through the watcher's selector; null when it is not seen.</summary>
    private static WatchLine.Change? LineOf(ApiRequest request, ListOptions options, StoreEvent change)
    {
        if (request.Namespace.Length > 0 && change.Object.Namespace != request.Namespace)
        {
            return null;
        }
        var resource = request.Resource;
        var before = change.Previous?.As(resource);
        var wasSeen = before is not null && options.Selects(before);
        if (change.Type == StoreEventType.Deleted)
        {
            return wasSeen ? new WatchLine.Change("DELETED", change.Object.As(resource)) : null;
        }
        var view = change.Object.As(resource);
        return (wasSeen, options.Selects(view)) switch
        {
            (false, true) => new WatchLine.Change("ADDED", view),
            (true, true) => new WatchLine.Change("MODIFIED", view),
            (true, false) => new WatchLine.Change("DELETED", change.Left.As(resource)),
            _ => null,
        };
    }

    /// <summary>False when the watcher was dropped or the client went.</summary>
    private async Task<bool> WaitAsync(Watcher watcher, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, Positive(longest), Timeout.InfiniteTimeSpan);
        try
        {
            return await watcher.Events.WaitToReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return !cancellationToken.IsCancellationRequested;
        }
    }

    private async Task PauseAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(length, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client went; the caller notices by itself.
        }
    }

    /// <summary>Timers refuse more than 49 days, and a little above zero avoids spinning on the last tick.</summary>
    private static TimeSpan Positive(TimeSpan length) => TimeSpan.FromTicks(Math.Clamp(length.Ticks, TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerDay));

    /// <summary>How long a watch lasts is an interval: a clock that is set back or forth must not prolong or end it.</summary>
    private TimeSpan Elapsed() => time.GetElapsedTime(0);

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
