using System.Collections.Concurrent;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>A store that takes so many writes and then no more, as when the process is killed there.</summary>
internal sealed class FlakyStore(IObjectStore store, int writes) : StoreInBetween(store)
{
    private int _left = writes;

    public override Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new ObjectStoreException("gone") : base.PutAsync(key, content, options, cancellationToken);
}

/// <summary>A store where something else happens just before the first manifest arrives.</summary>
internal sealed class RacedStore(IObjectStore store, Func<Task> first) : StoreInBetween(store)
{
    private Func<Task>? _first = first;

    public override async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        if (key.StartsWith("backups/", StringComparison.Ordinal) && Interlocked.Exchange(ref _first, null) is { } act)
        {
            await act();
        }

        return await base.PutAsync(key, content, options, cancellationToken);
    }
}

/// <summary>A store that locks, or says that it does.</summary>
internal sealed class LockingStore(IObjectStore store) : StoreInBetween(store)
{
    /// <summary>Until when each object is locked.</summary>
    public ConcurrentDictionary<string, DateTimeOffset?> Locks { get; } = new();

    public override Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken) => Task.FromResult(new StoreProbe(Versioned: true, Lockable: true));

    public override Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        Locks.TryAdd(key, options.RetainUntil);
        return base.PutAsync(key, content, PutOptions.Default, cancellationToken);
    }

    public override Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken)
    {
        Locks[key] = options.RetainUntil;
        return Task.CompletedTask;
    }

    public override async Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        await base.HeadAsync(key, cancellationToken) is { } found ? found with { RetainUntil = Locks.GetValueOrDefault(key) } : null;
}

/// <summary>A store that counts the pieces that are offered to it, and those that are read back.</summary>
internal sealed class WatchedStore(IObjectStore store) : StoreInBetween(store)
{
    private int _offered;

    public int Offered => _offered;

    public int ReadBack { get; private set; }

    /// <summary>Is told how many were offered, with the one that comes.</summary>
    public Action<int> Before { get; init; } = _ => { };

    public override Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken)
    {
        if (key.StartsWith("content/", StringComparison.Ordinal))
        {
            Before(Interlocked.Increment(ref _offered));
            cancellationToken.ThrowIfCancellationRequested();
        }

        return base.PutAsync(key, content, options, cancellationToken);
    }

    public override Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken)
    {
        ReadBack += key.StartsWith("content/", StringComparison.Ordinal) ? 1 : 0;
        return base.OpenAsync(key, cancellationToken);
    }
}

/// <summary>Passes everything on, but for what a test changes of it.</summary>
internal abstract class StoreInBetween(IObjectStore store) : IObjectStore
{
    public string Location => store.Location;

    public virtual Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken) => store.PutAsync(key, content, options, cancellationToken);

    public virtual Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => store.OpenAsync(key, cancellationToken);

    public virtual Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => store.HeadAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => store.DeleteAsync(key, cancellationToken);

    public virtual Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken) => store.LockAsync(key, options, cancellationToken);

    public virtual Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
