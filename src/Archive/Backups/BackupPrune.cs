using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Deletes backups that a policy lets go, and the pieces that no backup of any stream names any more. Says so, signed, before it does.</summary>
public sealed class BackupPrune(IObjectStore store, SigningKey key, TimeProvider time)
{
    /// <summary>Pieces this young may belong to a backup that is under way and has no manifest yet.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(2);

    private readonly BackupCatalog _catalog = new(store, key.Public);
    private readonly DigestChain _digests = new(store, key.Public);

    /// <summary>What a policy makes of a stream.</summary>
    /// <exception cref="InvalidDataException">A manifest is not one that the key has signed: nothing is pruned around it.</exception>
    public async Task<PrunePlan> PlanAsync(string stream, RetentionPolicy policy, CancellationToken cancellationToken)
    {
        var manifests = await ManifestsAsync(stream, cancellationToken);
        var problems = new List<string>();
        var verified = (await _catalog.RecordsAsync(BackupKeys.Verifications(stream), problems.Add, cancellationToken))
            .Select(record => record.Deserialize(BackupJson.Default.VerificationRecord)!)
            .Where(record => record.Stream == stream)
            .Select(record => (record.Number, record.ManifestSha256))
            .ToHashSet();
        var backups = manifests.Select(manifest => new RetainedBackup(
            manifest.Manifest.Number, manifest.Manifest.CreatedAt, verified.Contains((manifest.Manifest.Number, manifest.Sha256)), manifest.Manifest.RetainUntil));
        var verdicts = policy.Decide(backups, time.GetUtcNow());
        var oldest = verdicts.LastOrDefault(verdict => !verdict.Goes)?.Backup.Number;
        var cut = oldest is null ? null : await _digests.CutAsync(stream, manifests.Single(manifest => manifest.Manifest.Number == oldest).Manifest, time.GetUtcNow(), cancellationToken);
        return new PrunePlan(stream, manifests, verdicts, [.. problems]) { Digests = cut };
    }

    /// <summary>Does it.</summary>
    /// <returns>What was deleted, and what the store did not let go.</returns>
    public async Task<PruneOutcome> RunAsync(PrunePlan plan, CancellationToken cancellationToken)
    {
        var going = plan.Verdicts.Where(verdict => verdict.Goes).Select(verdict => verdict.Backup.Number).ToHashSet();
        var (refused, deletedManifests) = (ImmutableArray.CreateBuilder<string>(), 0);
        if (going.Count > 0 || plan.Digests is not null)
        {
            await RecordAsync(plan, going, cancellationToken);
        }

        // Oldest first: if it ends in the middle, what is left is a whole end of the chain.
        foreach (var number in going.Order())
        {
            deletedManifests += await DeleteAsync(BackupKeys.Manifest(plan.Stream, number), refused, cancellationToken) ? 1 : 0;
        }

        var digests = 0;
        foreach (var name in plan.Digests is { } cut ? await _digests.KeysAsync(plan.Stream, cut, cancellationToken) : [])
        {
            digests += await DeleteAsync(name, refused, cancellationToken) ? 1 : 0;
        }

        var (pieces, bytes) = await CollectAsync(refused, cancellationToken);
        return new PruneOutcome(deletedManifests, pieces, bytes, refused.ToImmutable()) { Digests = digests };
    }

    private async Task RecordAsync(PrunePlan plan, HashSet<long> going, CancellationToken cancellationToken)
    {
        var record = new PruneRecord
        {
            Stream = plan.Stream,
            At = time.GetUtcNow(),
            Deleted = plan.Manifests.Where(manifest => going.Contains(manifest.Manifest.Number))
                .ToDictionary(manifest => manifest.Manifest.Number.ToString(CultureInfo.InvariantCulture), manifest => manifest.Sha256),
            DigestsThrough = plan.Digests?.Through,
            DigestSha256 = plan.Digests?.Sha256,
        };
        var document = JsonSerializer.SerializeToNode(record, BackupJson.Default.PruneRecord)!.AsObject();
        key.Sign(document);
        await store.PutAsync(BackupKeys.Prune(plan.Stream, record.At), CanonicalJson.Bytes(document), PutOptions.Default, cancellationToken);
    }

    private async Task<(int Pieces, long Bytes)> CollectAsync(ImmutableArray<string>.Builder refused, CancellationToken cancellationToken)
    {
        var (named, complete) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));
        foreach (var stream in await _catalog.StreamsAsync(cancellationToken))
        {
            foreach (var manifest in await ManifestsAsync(stream, cancellationToken))
            {
                named.UnionWith(manifest.Manifest.Files.SelectMany(file => file.Pieces).Select(piece => piece.Key));
                complete[stream] = manifest.Manifest.SignedAt ?? manifest.Manifest.CreatedAt;
            }
        }

        // A backup that may only run at weekends goes on with what it sent a week ago.
        var (sent, done) = await new UnfinishedBackups(store, key.Public).ReadAllAsync(complete, time.GetUtcNow(), cancellationToken);
        named.UnionWith(sent);
        foreach (var list in done)
        {
            // One that the store keeps, for it may lock all that it gets, is in nobody's way.
            await DeleteAsync(list, ImmutableArray.CreateBuilder<string>(), cancellationToken);
        }

        var (pieces, bytes, before) = (0, 0L, time.GetUtcNow() - Grace);
        await foreach (var found in store.ListAsync(BackupKeys.Content, cancellationToken))
        {
            if (!named.Contains(found.Key) && found.Modified < before && await DeleteAsync(found.Key, refused, cancellationToken))
            {
                pieces++;
                bytes += found.Bytes;
            }
        }

        await store.SweepAsync(before, cancellationToken);
        return (pieces, bytes);
    }

    private async Task<bool> DeleteAsync(string name, ImmutableArray<string>.Builder refused, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(name, cancellationToken);
            return true;
        }
        catch (ObjectStoreException e) when (e.IsDenied)
        {
            refused.Add(e.Message);
            return false;
        }
    }

    private async Task<ImmutableArray<SignedManifest>> ManifestsAsync(string stream, CancellationToken cancellationToken)
    {
        var manifests = ImmutableArray.CreateBuilder<SignedManifest>();
        foreach (var number in await _catalog.NumbersAsync(stream, cancellationToken))
        {
            if (await _catalog.ReadAsync(stream, number, cancellationToken) is { } manifest)
            {
                manifests.Add(manifest);
            }
        }

        return manifests.ToImmutable();
    }
}

/// <summary>What would be deleted.</summary>
public sealed record PrunePlan(string Stream, ImmutableArray<SignedManifest> Manifests, ImmutableArray<RetentionVerdict> Verdicts, ImmutableArray<string> Problems)
{
    /// <summary>Digests up to this one say nothing about backups that stay; null for none.</summary>
    public DigestCut? Digests { get; init; }
}

/// <summary>What was deleted.</summary>
/// <param name="Backups">Backups.</param>
/// <param name="Pieces">Pieces that no backup named any more.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="Refused">What the store kept, with its reason.</param>
public sealed record PruneOutcome(int Backups, int Pieces, long Bytes, ImmutableArray<string> Refused)
{
    /// <summary>Digests of times before the oldest backup that stays.</summary>
    public int Digests { get; init; }
}
