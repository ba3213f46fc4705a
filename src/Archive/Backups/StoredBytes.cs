using Comptroller.Archive.Files;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Reads objects that have a bound.</summary>
internal static class StoredBytes
{
    /// <summary>Opens the first version of an object. Null when there is none, or when this identity may not look for it: what is wrong with the newest one is then all that is known.</summary>
    public static async Task<Stream?> FirstAsync(IObjectStore store, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await store.OpenFirstAsync(key, cancellationToken);
        }
        catch (ObjectStoreException e) when (e.IsDenied)
        {
            return null;
        }
    }

    /// <exception cref="InvalidDataException">It is longer.</exception>
    public static async Task<byte[]> ReadAsync(Stream content, long longest, string name, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > longest)
            {
                throw new InvalidDataException($"{name}: longer than {longest} bytes");
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Reads an object of a known length into borrowed memory.</summary>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    public static async Task<BorrowedBytes> BorrowAsync(Stream content, int length, string name, CancellationToken cancellationToken)
    {
        // One more than there should be: what is longer must not look like what is as long.
        var bytes = new BorrowedBytes(length + 1);
        try
        {
            bytes.Length = await content.ReadAtLeastAsync(bytes.Room.AsMemory(0, length + 1), length + 1, throwOnEndOfStream: false, cancellationToken);
            return bytes.Length <= length ? bytes : throw new InvalidDataException($"{name}: longer than {length} bytes");
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }
}
