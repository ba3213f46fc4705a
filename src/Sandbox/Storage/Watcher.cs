using System.Threading.Channels;

namespace Comptroller.Sandbox.Storage;

/// <summary>
/// A subscription to one place or to all. Its queue is bounded: a reader that falls behind by more than <see cref="Capacity"/> events is cut off
/// and has to list again, as the real server does, rather than hold memory without limit.
/// </summary>
internal sealed class Watcher : IDisposable
{
    public const int Capacity = 4096;

    private readonly ObjectStore _store;
    private readonly Channel<StoreEvent> _queue;

    internal Watcher(ObjectStore store, Resources.StorageName? place, int backlog)
    {
        _store = store;
        Place = place;
        _queue = Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(Capacity + backlog)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
    }

    /// <summary>Null when every place is watched.</summary>
    public Resources.StorageName? Place { get; }

    /// <summary>Completes when the watcher was dropped, by fault injection or because its reader was too slow.</summary>
    public ChannelReader<StoreEvent> Events => _queue.Reader;

    /// <summary>The revision up to which the reader has taken everything out of the queue, or null while events wait.</summary>
    public long? DrainedRevision() => _store.DrainedRevision(this);

    /// <summary>Waits for an event, at most so long. False when the watcher has ended and nothing waits any more.</summary>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        // Whichever of the two comes second is cancelled: the channel would remember every wait that was left behind.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var news = Events.WaitToReadAsync(ending.Token).AsTask();
        var first = await Task.WhenAny(news, Task.Delay(WholeMilliseconds(longest), time, ending.Token)).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first != news || await news.ConfigureAwait(false);
    }

    public void Dispose() => _store.Remove(this);

    /// <summary>Rounded up: a timer drops the fraction, and what is due a moment later would be waited for in circles.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan left) => TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left.TotalMilliseconds)));

    /// <summary>Called under the store's lock, so that the order of events is the order of revisions.</summary>
    internal bool Offer(StoreEvent change) => _queue.Writer.TryWrite(change);

    internal void Close() => _queue.Writer.TryComplete();
}
