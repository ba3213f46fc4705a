using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Objects;

internal static class StoreReading
{
    public static async Task<byte[]> ReadAsync(IObjectStore store, string key)
    {
        await using var content = await store.OpenAsync(key, CancellationToken.None);
        using var bytes = new MemoryStream();
        await content!.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public static async Task<List<string>> KeysAsync(IObjectStore store, string prefix)
    {
        var keys = new List<string>();
        await foreach (var found in store.ListAsync(prefix, CancellationToken.None))
        {
            keys.Add(found.Key);
        }

        return keys;
    }
}
