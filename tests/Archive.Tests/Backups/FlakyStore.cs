using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>A store that takes so many writes and then no more, as when the process is killed there.</summary>
internal sealed class FlakyStore(IObjectStore store, int writes) : IObjectStore
{
    private int _left = writes;

    public string Location => store.Location;

    public Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) < 0 ? throw new ObjectStoreException("gone") : store.PutAsync(key, content, options, cancellationToken);

    public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => store.OpenAsync(key, cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken) => store.HeadAsync(key, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => store.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string key, CancellationToken cancellationToken) => store.DeleteAsync(key, cancellationToken);

    public Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken) => store.LockAsync(key, options, cancellationToken);

    public Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
