using System.Data.Common;

namespace Comptroller.Falcon.Store;

/// <summary>Held by the one process that writes to a store: a second daemon on the same volume, or database, refuses to start.</summary>
public sealed class StoreLock : IAsyncDisposable
{
    // Any number that nobody else locks by: "falcon" in ASCII.
    private const long Advisory = 0x66616c636f6e;

    // What the system says of a file that another process has locked: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private readonly FileStream? _file;
    private readonly DbConnection? _connection;

    private StoreLock(FileStream? file, DbConnection? connection) => (_file, _connection) = (file, connection);

    // Between two looks whether the other process has ended.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Takes the lock of a store. It is given back when the process ends, however it ends.</summary>
    /// <exception cref="StoreTakenException">Another process has it.</exception>
    public static Task<StoreLock> TakeAsync(StoreConnections store, CancellationToken cancellationToken) =>
        TakeAsync(store, TimeSpan.Zero, TimeProvider.System, cancellationToken);

    /// <summary>Takes the lock of a store as soon as the process that has it gives it back.</summary>
    /// <param name="store">The store.</param>
    /// <param name="patience">How long to wait; a Job that replaces another starts while that one is still stopping.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreTakenException">Another process still has it.</exception>
    public static async Task<StoreLock> TakeAsync(StoreConnections store, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var end = time.GetUtcNow() + patience;
        while (true)
        {
            try
            {
                return store.IsPostgres ? await TakeAsync(await store.OpenAsync(cancellationToken), cancellationToken) : Take(Path.GetDirectoryName(store.FilePath)!);
            }
            catch (StoreTakenException) when (time.GetUtcNow() < end)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }

        if (_connection is not null)
        {
            // Disposed it goes back into the pool, and the lock with it.
            await _connection.ExecuteAsync($"SELECT pg_advisory_unlock({Advisory})", CancellationToken.None);
            await _connection.DisposeAsync();
        }
    }

    private static StoreLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            return new StoreLock(new FileStream(Path.Combine(directory, ".comptroller-falcon.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), null);
        }
        catch (IOException e) when (IsTaken(e))
        {
            throw Taken(directory, e);
        }
    }

    // A volume that fails is not one that is in use: who gives way to another audit must not give way to nobody.
    private static bool IsTaken(IOException e) => e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation;

    // The server takes it back when the connection ends.
    private static async Task<StoreLock> TakeAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (await connection.ScalarAsync($"SELECT pg_try_advisory_lock({Advisory})", cancellationToken) is true)
        {
            return new StoreLock(null, connection);
        }

        var database = connection.Database;
        await connection.DisposeAsync();
        throw Taken($"database {database}", null);
    }

    private static StoreTakenException Taken(string where, Exception? e) => new($"{where}: another audit is writing here; wait for it, or give this one a store of its own", e);
}

/// <summary>Another process writes to the store.</summary>
public sealed class StoreTakenException(string message, Exception? e) : IOException(message, e);
