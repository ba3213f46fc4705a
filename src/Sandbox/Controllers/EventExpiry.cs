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
                var aging = new Delayed<StoredObject>(Lifetime, time);
                foreach (var item in snapshot.Objects)
                {
                    aging.Add(item);
                }
                while (await aging.WaitAsync(watcher, cancellationToken).ConfigureAwait(false))
                {
                    while (watcher.Events.TryRead(out var change))
                    {
                        if (change.Type != StoreEventType.Deleted)
                        {
                            aging.Add(change.Object);
                        }
                    }
                    foreach (var item in aging.TakeDue())
                    {
                        Expire(item);
                    }
                }
            }
        }
    }

    private void Expire(StoredObject item)
    {
        // A change in between has made a newer state, which ages anew.
        if (ReferenceEquals(store.Get(BuiltInKinds.Events, item.Namespace, item.Name), item))
        {
            writer.Delete(_events, item);
        }
    }
}
