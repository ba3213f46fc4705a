using System.Text.Json;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>
/// What backups sent that were stopped before their end, as signed lists beside the backups: the next one sends none of it again, wherever it runs, and need not read it
/// back. A list that the key has not signed is passed over; who may write to a store could name pieces in it that are none.
/// </summary>
internal sealed class UnfinishedBackups(IObjectStore store, VerificationKey key)
{
    /// <summary>Nobody goes on with a backup that was stopped so long ago; its pieces are let go.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    private const int LongestList = 256 << 20;

    private readonly BackupCatalog _catalog = new(store, key);

    /// <summary>Notes pieces that the store has and no manifest names yet.</summary>
    /// <exception cref="ObjectStoreException">The store did not take it.</exception>
    public Task NoteAsync(string stream, SigningKey signing, IEnumerable<ManifestPiece> pieces, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var list = new UnfinishedBackup { Stream = stream, At = now, Pieces = [.. pieces] };
        var document = JsonSerializer.SerializeToNode(list, BackupJson.Default.UnfinishedBackup)!.AsObject();
        signing.Sign(document);
        // Not locked: it is of no use once a backup is complete.
        return store.PutAsync(BackupKeys.Unfinished(stream, now), CanonicalJson.Bytes(document), PutOptions.Default, cancellationToken);
    }

    /// <summary>The pieces of the newest list of a stream that can be believed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="after">When its newest backup was complete: older lists are done with. Null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<ManifestPiece>> FindAsync(string stream, DateTimeOffset? after, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var found in store.ListAsync(BackupKeys.UnfinishedOf(stream), cancellationToken))
        {
            if (after is not { } done || string.CompareOrdinal(found.Key, BackupKeys.Unfinished(stream, done)) > 0)
            {
                names.Add(found.Key);
            }
        }

        foreach (var name in Enumerable.Reverse(names))
        {
            if (await ReadAsync(name, cancellationToken) is { } list && list.Stream == stream)
            {
                return list.Pieces;
            }
        }

        return [];
    }

    /// <summary>The lists of all streams: the pieces of those that may yet be gone on with, and the keys of those that are done with.</summary>
    /// <param name="done">When the newest backup of a stream was complete, by stream.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(IReadOnlyCollection<string> Pieces, IReadOnlyCollection<string> Done)> ReadAllAsync(IReadOnlyDictionary<string, DateTimeOffset> done, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (pieces, gone) = (new HashSet<string>(StringComparer.Ordinal), new List<string>());
        await foreach (var found in store.ListAsync(BackupKeys.AllUnfinished, cancellationToken))
        {
            if (await ReadAsync(found.Key, cancellationToken) is not { } list)
            {
                continue;
            }

            if (list.At < now - Kept || (done.TryGetValue(list.Stream, out var complete) && list.At <= complete))
            {
                gone.Add(found.Key);
            }
            else
            {
                pieces.UnionWith(list.Pieces.Select(piece => piece.Key));
            }
        }

        return (pieces, gone);
    }

    private async Task<UnfinishedBackup?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(name, cancellationToken);
        try
        {
            return content is null ? null : _catalog.Verified(await StoredBytes.ReadAsync(content, LongestList, name, cancellationToken), name).Deserialize(BackupJson.Default.UnfinishedBackup);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>Says, signed, what a backup had sent when it was stopped.</summary>
internal sealed record UnfinishedBackup
{
    public required string Stream { get; init; }

    public required DateTimeOffset At { get; init; }

    public required ManifestPiece[] Pieces { get; init; }
}
