using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>The manifests of a store. None is believed that the key has not signed, or that lies where another belongs.</summary>
/// <param name="store">Where they are.</param>
/// <param name="key">Proves them.</param>
/// <param name="takesFirst">Whether the first version of a manifest will do where somebody put another over it, or hid it: to restore, not to verify or to go on from.</param>
public sealed class BackupCatalog(IObjectStore store, VerificationKey key, bool takesFirst = false)
{
    private const int LongestManifest = 256 << 20;

    /// <summary>Numbers of a stream's backups, oldest first.</summary>
    public async Task<IReadOnlyList<long>> NumbersAsync(string stream, CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        await foreach (var found in store.ListAsync(BackupKeys.Manifests(stream), cancellationToken))
        {
            if (BackupKeys.ParseManifest(found.Key) is { } parsed && parsed.Stream == stream)
            {
                numbers.Add(parsed.Number);
            }
        }

        return numbers;
    }

    public async Task<IReadOnlyList<string>> StreamsAsync(CancellationToken cancellationToken)
    {
        var streams = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var found in store.ListAsync(BackupKeys.AllManifests, cancellationToken))
        {
            if (BackupKeys.ParseManifest(found.Key) is { } parsed)
            {
                streams.Add(parsed.Stream);
            }
        }

        return [.. streams];
    }

    /// <summary>
    /// The streams STREAM.NODE that there are, in order, also of nodes that are gone; one whose backups were all taken away is known by its digests.
    /// </summary>
    public async Task<IReadOnlyList<string>> StreamsOfAsync(string stream, CancellationToken cancellationToken)
    {
        var streams = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var prefix in new[] { BackupKeys.Manifests(stream), BackupKeys.Digests(stream) }.Select(prefix => $"{prefix.TrimEnd('/')}."))
        {
            var folder = prefix[..(prefix.IndexOf('/', StringComparison.Ordinal) + 1)];
            await foreach (var found in store.ListAsync(prefix, cancellationToken))
            {
                var name = found.Key[folder.Length..];
                streams.Add(name[..Math.Max(0, name.IndexOf('/', StringComparison.Ordinal))]);
            }
        }

        streams.RemoveWhere(name => !BackupKeys.IsStream(name));
        return [.. streams];
    }

    /// <summary>Reads a manifest. Null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is not one that the key signed for this place; the message says why.</exception>
    public async Task<SignedManifest?> ReadAsync(string stream, long number, CancellationToken cancellationToken)
    {
        var name = BackupKeys.Manifest(stream, number);
        string? problem = null;
        try
        {
            await using var content = await store.OpenAsync(name, cancellationToken);
            if (content is not null)
            {
                return await ReadAsync(content);
            }
        }
        catch (InvalidDataException e)
        {
            problem = e.Message;
        }

        await using var written = await StoredBytes.FirstAsync(store, name, cancellationToken);
        SignedManifest? first = null;
        try
        {
            first = written is null ? null : await ReadAsync(written);
        }
        catch (InvalidDataException)
        {
            // What is wrong with the newest version is what is told.
        }

        return first is null ? problem is null ? null : throw new InvalidDataException(problem)
            : takesFirst ? first
            : throw new InvalidDataException($"{problem ?? $"{name}: missing"}; its first version in the store is whole, and is what would be restored");

        async Task<SignedManifest> ReadAsync(Stream content)
        {
            var bytes = await StoredBytes.ReadAsync(content, LongestManifest, name, cancellationToken);
            return new SignedManifest(Parse(bytes, name, stream, number), Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes);
        }
    }

    /// <summary>When the oldest backup was made that can be believed; null when there is none.</summary>
    public async Task<DateTimeOffset?> OldestAsync(string stream, CancellationToken cancellationToken)
    {
        foreach (var number in await NumbersAsync(stream, cancellationToken))
        {
            try
            {
                if (await ReadAsync(stream, number, cancellationToken) is { } manifest)
                {
                    return manifest.Manifest.CreatedAt;
                }
            }
            catch (InvalidDataException)
            {
                // Verification names it; a restore does not get it.
            }
        }

        return null;
    }

    /// <summary>Reads signed records under a prefix, such as of what was pruned; what is not signed is told and left out.</summary>
    internal async Task<IReadOnlyList<JsonObject>> RecordsAsync(string prefix, Action<string> problem, CancellationToken cancellationToken)
    {
        var records = new List<JsonObject>();
        await foreach (var found in store.ListAsync(prefix, cancellationToken))
        {
            await using var content = await store.OpenAsync(found.Key, cancellationToken);
            try
            {
                if (content is not null)
                {
                    records.Add(Verified(await StoredBytes.ReadAsync(content, LongestManifest, found.Key, cancellationToken), found.Key));
                }
            }
            catch (InvalidDataException e)
            {
                problem(e.Message);
            }
        }

        return records;
    }

    internal BackupManifest Parse(byte[] bytes, string name, string stream, long number)
    {
        var document = Verified(bytes, name);
        try
        {
            var manifest = document.Deserialize(BackupJson.Default.BackupManifest)!;
            return manifest.FormatVersion != BackupManifest.Format ? throw new InvalidDataException($"{name}: format {manifest.FormatVersion}; this program reads {BackupManifest.Format}")
                : manifest.Stream != stream || manifest.Number != number ? throw new InvalidDataException($"{name}: it is backup {manifest.Number} of {manifest.Stream}, moved from its place")
                : manifest;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{name}: {e.Message}", e);
        }
    }

    /// <exception cref="InvalidDataException">It is not what the key has signed.</exception>
    internal JsonObject Verified(byte[] bytes, string name)
    {
        try
        {
            var document = JsonNode.Parse(bytes) as JsonObject ?? throw new InvalidDataException($"{name}: not a JSON object");
            return key.Verify(document) is { } problem ? throw new InvalidDataException($"{name}: {problem}") : document;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"{name}: {e.Message}", e);
        }
    }
}

/// <summary>A manifest whose signature was checked.</summary>
/// <param name="Manifest">What it says.</param>
/// <param name="Sha256">SHA-256 of its bytes, which the next one names.</param>
/// <param name="Bytes">Its bytes, a leaf of the tree over all manifests.</param>
public sealed record SignedManifest(BackupManifest Manifest, string Sha256, byte[] Bytes)
{
    /// <summary>The chain that the next manifest must carry.</summary>
    internal ManifestChain Next()
    {
        using var tree = new MerkleFrontier(Manifest.Chain.TreeSize, [.. Manifest.Chain.Subtrees.Select(Convert.FromHexString)]);
        tree.Add(Bytes);
        return new ManifestChain
        {
            PreviousSha256 = Sha256,
            TreeSize = tree.Size,
            TreeRoot = Convert.ToHexStringLower(tree.Root()),
            Subtrees = [.. tree.Roots.Select(Convert.ToHexStringLower)],
        };
    }
}
