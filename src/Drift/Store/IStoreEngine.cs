using System.Data.Common;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>What SQLite and PostgreSQL do differently.</summary>
internal interface IStoreEngine : IAsyncDisposable
{
    bool IsShared { get; }

    /// <summary>A connection to read with; the caller's to dispose.</summary>
    Task<DbConnection> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes in one transaction; one at a time among all who write to this store, so that no two judge by the same row and change numbers are seen in order.</summary>
    /// <param name="write">Writes; its result is this one's.</param>
    /// <param name="cancellationToken">Gives up waiting for the turn.</param>
    /// <param name="written">Told the result once it is on disk, before anybody else's turn.</param>
    Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken, Action<T>? written = null);

    /// <summary>Adds bodies; needs no turn.</summary>
    Task AppendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> bodies, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Takes bodies whose lease is over.</summary>
    Task<IReadOnlyList<WaitingBody>> ClaimAsync(string worker, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Removes bodies of this worker, inside a write.</summary>
    /// <returns>How many there were.</returns>
    Task<int> RemoveBodiesAsync(DbConnection connection, string worker, IReadOnlyCollection<long> numbers, CancellationToken cancellationToken);

    /// <summary>Drifts by their ids, inside a write.</summary>
    Task<IReadOnlyDictionary<string, DriftRecord>> LoadAsync(DbConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Writes a set, inside a write.</summary>
    Task SaveAsync(DbConnection connection, WriteSet set, CancellationToken cancellationToken);
}
