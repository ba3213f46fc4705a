using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>Things to be done some time after they were noted. All wait equally long, so that the queue is in order by itself.</summary>
internal sealed class Delayed<T>(TimeSpan delay, TimeProvider time)
{
    /// <summary>By the monotonic clock: one that is set back must not hold up what is waiting.</summary>
    private readonly Queue<(T Item, long Noted)> _waiting = new();

    public void Add(T item) => _waiting.Enqueue((item, time.GetTimestamp()));

    /// <summary>Takes out what has come due.</summary>
    public IEnumerable<T> TakeDue()
    {
        while (_waiting.TryPeek(out var oldest) && Left(oldest.Noted) <= TimeSpan.Zero)
        {
            yield return _waiting.Dequeue().Item;
        }
    }

    /// <summary>Waits until something comes due or the watcher has news, whichever is first. False when the watcher has ended.</summary>
    public async Task<bool> WaitAsync(Watcher watcher, CancellationToken cancellationToken) => _waiting.TryPeek(out var oldest)
        ? await watcher.WaitAsync(Left(oldest.Noted), time, cancellationToken).ConfigureAwait(false)
        : await watcher.Events.WaitToReadAsync(cancellationToken).ConfigureAwait(false);

    private TimeSpan Left(long noted) => delay - time.GetElapsedTime(noted);
}
