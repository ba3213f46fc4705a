namespace Comptroller.Archive.Backups;

/// <summary>Reads objects that have a bound.</summary>
internal static class StoredBytes
{
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
}
