using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>Events live for an hour after their last change.</summary>
internal sealed class EventExpiry(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time) : IController
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ServedResource _events = catalog.Find("", "v1", "events")!;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (snapshot, watcher) = store.WatchFromNow(BuiltInKinds.Events);
            using (watcher)
            {
                // Every change waits the same time: the queue is in order by itself.
                var waiting = new Queue<(StoredObject Event, DateTimeOffset Due)>(snapshot.Objects.Select(item => (item, time.GetUtcNow() + Lifetime)));
                while (!watcher.Events.Completion.IsCompleted)
                {
                    Expire(waiting);
                    await NextAsync(watcher, waiting, cancellationToken).ConfigureAwait(false);
                    while (watcher.Events.TryRead(out var change))
                    {
                        if (change.Type != StoreEventType.Deleted)
                        {
                            waiting.Enqueue((change.Object, time.GetUtcNow() + Lifetime));
                        }
                    }
                }
            }
        }
    }

    private void Expire(Queue<(StoredObject Event, DateTimeOffset Due)> waiting)
    {
        while (waiting.TryPeek(out var oldest) && oldest.Due <= time.GetUtcNow())
        {
            waiting.Dequeue();
            if (ReferenceEquals(store.Get(BuiltInKinds.Events, oldest.Event.Namespace, oldest.Event.Name), oldest.Event))
            {
                writer.Delete(_events, oldest.Event);
            }
        }
    }

    /// <summary>Waits for a change or for the next event to come due, whichever is first.</summary>
    private async Task NextAsync(Watcher watcher, Queue<(StoredObject Event, DateTimeOffset Due)> waiting, CancellationToken cancellationToken)
    {
        var change = watcher.Events.WaitToReadAsync(cancellationToken).AsTask();
        if (!waiting.TryPeek(out var oldest))
        {
            await change.ConfigureAwait(false);
            return;
        }
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = oldest.Due - time.GetUtcNow();
        var due = Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, ending.Token);
        await Task.WhenAny(change, due).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
