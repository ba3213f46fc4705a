using System.Data.Common;

namespace Comptroller.Falcon.Store;

/// <summary>Held by the one process that writes to a store: a second daemon on the same volume, or database, refuses to start.</summary>
public sealed class StoreLock : IAsyncDisposable
{
    // Any number that nobody else locks by: "falcon" in ASCII.
    private const long Advisory = 0x66616c636f6e;

    private readonly IAsyncDisposable _held;

    private StoreLock(IAsyncDisposable held) => _held = held;

    /// <summary>Takes the lock of a store. It is given back when the process ends, however it ends.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static async Task<StoreLock> TakeAsync(StoreConnections store, CancellationToken cancellationToken) =>
        store.IsPostgres ? await TakeAsync(await store.OpenAsync(cancellationToken), cancellationToken) : Take(Path.GetDirectoryName(store.FilePath)!);

    public ValueTask DisposeAsync() => _held.DisposeAsync();

    private static StoreLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            return new StoreLock(new FileStream(Path.Combine(directory, ".comptroller-falcon.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw Taken(directory, e);
        }
    }

    // The server gives it back when the connection ends.
    private static async Task<StoreLock> TakeAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (await connection.ScalarAsync($"SELECT pg_try_advisory_lock({Advisory})", cancellationToken) is true)
        {
            return new StoreLock(connection);
        }

        var database = connection.Database;
        await connection.DisposeAsync();
        throw Taken($"database {database}", null);
    }

    private static IOException Taken(string where, Exception? e) => new($"{where}: another audit is writing here; wait for it, or give this one a store of its own", e);
}
