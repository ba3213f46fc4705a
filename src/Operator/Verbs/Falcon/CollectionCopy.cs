using Comptroller.Falcon.Store;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>
/// The run of a Foundry collection for a verb that only shows it: in a store of its own beside that of the audits. Into theirs it would
/// have to be written under their lock, and an audit that starts meanwhile would fail, or give way to somebody who audits nothing.
/// </summary>
internal sealed class CollectionCopy : IAsyncDisposable
{
    private readonly StoreConnections _connections;
    private readonly StoreLock _reading;
    private readonly string? _scratch;

    private CollectionCopy(StoreConnections connections, StoreLock reading, string? scratch) =>
        (_connections, _reading, _scratch, Store) = (connections, reading, scratch, new AuditStore(connections));

    public AuditStore Store { get; }

    /// <summary>The run was read just now; else an earlier verb had read it.</summary>
    public bool IsFresh { get; private set; }

    /// <summary>Opens the copy, and reads the run into it when it has another.</summary>
    /// <param name="foundry">The collection.</param>
    /// <param name="audits">The store of the audits, which stays as it is.</param>
    /// <param name="own">Its last complete run; null when it has none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null when the collection has nothing newer.</returns>
    public static async Task<CollectionCopy?> OpenAsync(FoundryStore foundry, StoreConnections audits, StoredRun? own, CancellationToken cancellationToken)
    {
        if (await foundry.LastAsync(cancellationToken) is not { } last || (own is not null && own.Started.ToUnixTimeMilliseconds() >= last.Started.ToUnixTimeMilliseconds()))
        {
            return null;
        }

        var copy = await OpenAsync(audits, cancellationToken);
        try
        {
            await copy.Store.PrepareAsync(cancellationToken);
            copy.IsFresh = await foundry.RestoreAsync(copy.Store, cancellationToken);
            return copy;
        }
        catch
        {
            await copy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        await _reading.DisposeAsync();
        if (_scratch is not null)
        {
            Directory.Delete(_scratch, recursive: true);
        }
    }

    // A reader that finds another one at the copy makes one for itself, and takes it away again: readers do not wait for each other either. So does
    // one that may not write beside the store, which need not be its own.
    private static async Task<CollectionCopy> OpenAsync(StoreConnections audits, CancellationToken cancellationToken)
    {
        if (!audits.IsPostgres)
        {
            var kept = new StoreConnections(Path.Combine($"{audits.FilePath}.collection", "copy.sqlite"));
            try
            {
                return new CollectionCopy(kept, await StoreLock.TakeAsync(kept, cancellationToken), null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await kept.DisposeAsync();
            }
        }

        var scratch = Directory.CreateTempSubdirectory("comptroller-falcon-").FullName;
        var connections = new StoreConnections(Path.Combine(scratch, "copy.sqlite"));
        return new CollectionCopy(connections, await StoreLock.TakeAsync(connections, cancellationToken), scratch);
    }
}
