namespace Comptroller.Archive.Objects;

/// <summary>
/// Where evidence is kept. Keys are written once and never changed: a store whose objects are locked takes them like any other. An object is
/// whole or absent, and what a call returned is durable.
/// </summary>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>What people call it, without secrets.</summary>
    string Location { get; }

    /// <summary>Writes an object that does not exist yet.</summary>
    /// <returns>False when an object of that key exists already; it stays as it is.</returns>
    /// <exception cref="ObjectStoreException">It could not be written; the message says whether to try again later or to change something.</exception>
    Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken);

    /// <summary>Opens an object to be read from its beginning; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">It could not be read.</exception>
    Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Opens the oldest version of an object that the store keeps: keys are written once, so that is the one that was written, whatever was put over it or hides it
    /// since. Null when there is none, and where a store keeps no versions.
    /// </summary>
    /// <exception cref="ObjectStoreException">It could not be read.</exception>
    Task<Stream?> OpenFirstAsync(string key, CancellationToken cancellationToken) => Task.FromResult<Stream?>(null);

    /// <summary>What is known of an object without reading it; null when there is none.</summary>
    /// <exception cref="ObjectStoreException">It could not be asked.</exception>
    Task<ObjectInfo?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Objects whose keys begin so, by key.</summary>
    /// <exception cref="ObjectStoreException">They could not be listed.</exception>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes an object. One that is not there is deleted already.</summary>
    /// <exception cref="ObjectStoreException">It is locked, or could not be deleted.</exception>
    Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Locks an object at least as long as <paramref name="options"/> say; never for shorter.</summary>
    /// <exception cref="ObjectStoreException">The store does not lock, or did not.</exception>
    Task LockAsync(string key, PutOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes what writers that were killed before then left half written. Stores that take an object whole have nothing of the kind.</summary>
    /// <exception cref="ObjectStoreException">It could not be deleted.</exception>
    Task SweepAsync(DateTimeOffset before, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What the store can do, asked of the store itself.</summary>
    /// <exception cref="ObjectStoreException">It cannot be reached, or does not let us in.</exception>
    Task<StoreProbe> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>How an object is kept.</summary>
public sealed record PutOptions
{
    public static PutOptions Default { get; } = new();

    /// <summary>Nobody deletes or changes it before then; null for no lock. A store that does not lock refuses.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>Whether not even an administrator may: COMPLIANCE instead of GOVERNANCE.</summary>
    public bool Compliance { get; init; }

    /// <summary>Nobody deletes or changes it until somebody who may releases it.</summary>
    public bool LegalHold { get; init; }
}

/// <summary>An object.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes as it was told when it was written; null where the store does not keep it, or only tells when asked for the object alone.</param>
/// <param name="Modified">When it was written, by the store's clock.</param>
/// <param name="RetainUntil">Until when it is locked; null for not at all, or where only asking for the object alone tells.</param>
/// <param name="LegalHold">Whether it is held beyond that; likewise.</param>
public sealed record ObjectInfo(string Key, long Bytes, DateTimeOffset Modified, string? Sha256 = null, DateTimeOffset? RetainUntil = null, bool LegalHold = false);

/// <summary>What a store can do.</summary>
/// <param name="Versioned">Deleted and overwritten objects can be had back.</param>
/// <param name="Lockable">Objects can be locked.</param>
public sealed record StoreProbe(bool Versioned, bool Lockable);
