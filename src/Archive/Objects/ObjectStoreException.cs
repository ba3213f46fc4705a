namespace Comptroller.Archive.Objects;

/// <summary>A store did not do what it was asked. The message names the store, the key and what to do; it holds no secret.</summary>
public sealed class ObjectStoreException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Trying again later may help: the store is busy, away or slow.</summary>
    public bool IsPassing { get; init; }

    /// <summary>A lock was asked for that the store cannot give; it was reached, and is not broken.</summary>
    public bool IsLockMissing { get; init; }

    /// <summary>The object is locked, or the identity may not do this.</summary>
    public bool IsDenied { get; init; }
}
