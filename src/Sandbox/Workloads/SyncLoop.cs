using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Workloads;

/// <summary>
/// Has objects looked at, one after another: all of them at the start, one whenever something about it changed, and again at the time
/// that the last look named.
/// </summary>
/// <param name="store">Where changes come from.</param>
/// <param name="time">What due times are held against.</param>
/// <param name="keyOf">The object that a changed one is about; null when it is about none.</param>
/// <param name="sync">Looks at an object, which may be gone; returns when to look again, null for not before a change.</param>
internal sealed class SyncLoop(ObjectStore store, TimeProvider time, Func<JsonObject, ObjectKey?> keyOf, Func<ObjectKey, DateTimeOffset?> sync)
{
    /// <summary>Longest sleep while something will come due: a clock that is put forward must not be slept through.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ObjectKey, DateTimeOffset> _due = [];

    /// <param name="present">What is there already when the loop starts watching.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(Func<IEnumerable<StoredObject>> present, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchEverything();
            foreach (var key in present().Select(item => keyOf(item.Content)).OfType<ObjectKey>().ToHashSet())
            {
                Look(key);
            }
            while (await WaitAsync(watcher, cancellationToken).ConfigureAwait(false))
            {
                var changed = new HashSet<ObjectKey>();
                while (watcher.Events.TryRead(out var change))
                {
                    if (keyOf(change.Object.Content) is { } key)
                    {
                        changed.Add(key);
                    }
                }
                var now = time.GetUtcNow();
                foreach (var key in changed.Union(_due.Where(entry => entry.Value <= now).Select(entry => entry.Key)).ToList())
                {
                    Look(key);
                }
            }
        }
    }

    private void Look(ObjectKey key)
    {
        _due.Remove(key);
        if (sync(key) is { } again)
        {
            _due[key] = again;
        }
    }

    private async ValueTask<bool> WaitAsync(Watcher watcher, CancellationToken cancellationToken)
    {
        if (_due.Count == 0)
        {
            return await watcher.Events.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        }
        var left = _due.Values.Min() - time.GetUtcNow();
        return await watcher.WaitAsync(left < LongestSleep ? left : LongestSleep, time, cancellationToken).ConfigureAwait(false);
    }
}
