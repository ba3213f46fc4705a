using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Proves a stream with nothing but the public key: signatures, chain and gaps of all backups; every byte of those that are read back; their locks.</summary>
public sealed class BackupVerification(IObjectStore store, VerificationKey key, KeyWrap? recipient, TimeProvider time)
{
    private readonly BackupCatalog _catalog = new(store, key);
    private readonly PieceReader _pieces = new(store, recipient);
    private readonly ImmutableArray<string>.Builder _problems = ImmutableArray.CreateBuilder<string>();
    private readonly HashSet<string> _verifiedFiles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset? Until, bool IsHeld)> _locks = new(StringComparer.Ordinal);
    private int _encrypted;
    private int _chainProblems;
    private int _lockProblems;
    private int _restoredFiles;
    private long _restoredBytes;

    public Action<string>? Progress { get; init; }

    /// <summary>Gets the files of the newest backup for a moment: each is brought back, read from the disk and deleted. Null for no restore drill.</summary>
    public string? Drill { get; init; }

    /// <param name="stream">The stream.</param>
    /// <param name="readAll">Reads back all backups instead of the newest one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ObjectStoreException">The store cannot be read; nothing is said about the backups then.</exception>
    public async Task<BackupVerdict> VerifyAsync(string stream, bool readAll, CancellationToken cancellationToken)
    {
        var numbers = await _catalog.NumbersAsync(stream, cancellationToken);
        if (numbers.Count == 0)
        {
            Broken($"{stream}: no backup");
        }

        var (pruned, cut) = await PrunedAsync(stream, cancellationToken);
        var digested = new Dictionary<long, string?>();
        SignedManifest? before = null;
        DateTimeOffset? oldest = null;
        var next = 1L;
        foreach (var number in numbers)
        {
            if (number > next)
            {
                CheckGap(stream, next, number - 1, pruned);
                before = null;
            }

            var manifest = await ManifestAsync(stream, number, cancellationToken);
            digested[number] = manifest?.Sha256;
            if (manifest is not null)
            {
                oldest ??= manifest.Manifest.CreatedAt;
                CheckChain(manifest, before, pruned);
                if (readAll || number == numbers[^1])
                {
                    await CheckLockAsync(BackupKeys.Manifest(stream, number), manifest.Manifest, cancellationToken);
                    await ReadBackAsync(manifest.Manifest, number == numbers[^1] ? Drill : null, cancellationToken);
                }
            }

            (before, next) = (manifest, number + 1);
        }

        // What earlier verifications kept is evidence as well.
        await _catalog.RecordsAsync(BackupKeys.Verifications(stream), _problems.Add, cancellationToken);
        var until = await new DigestChain(store, key).CheckAsync(stream, digested, pruned.ContainsKey, cut, Broken, cancellationToken);
        return new BackupVerdict(stream, numbers.Count, before, _verifiedFiles.Count, _pieces.BytesRead, _encrypted, _problems.ToImmutable())
        {
            ChainIntact = _chainProblems == 0,
            LocksHold = _lockProblems > 0 ? false : _locks.Count > 0 ? true : null,
            RecoverableFrom = oldest,
            DigestsUntil = until,
            RestoredFiles = Drill is null ? null : _restoredFiles,
            RestoredBytes = Drill is null ? null : _restoredBytes,
        };
    }

    /// <summary>What to keep of a verification that found nothing wrong.</summary>
    public async Task RecordAsync(BackupVerdict verdict, SigningKey signing, CancellationToken cancellationToken)
    {
        var record = new VerificationRecord
        {
            Stream = verdict.Stream,
            Number = verdict.Newest!.Manifest.Number,
            At = time.GetUtcNow(),
            ManifestSha256 = verdict.Newest.Sha256,
            Root = verdict.Newest.Manifest.Root,
            RestoredFiles = verdict.RestoredFiles,
            RestoredBytes = verdict.RestoredBytes,
        };
        var document = JsonSerializer.SerializeToNode(record, BackupJson.Default.VerificationRecord)!.AsObject();
        signing.Sign(document);
        await store.PutAsync(BackupKeys.Verification(verdict.Stream, record.At), CanonicalJson.Bytes(document), PutOptions.Default, cancellationToken);
    }

    private async Task<(Dictionary<long, string> Backups, DigestCut? Digests)> PrunedAsync(string stream, CancellationToken cancellationToken)
    {
        var (pruned, cut) = (new Dictionary<long, string>(), (DigestCut?)null);
        foreach (var record in await _catalog.RecordsAsync(BackupKeys.Prunes(stream), Broken, cancellationToken))
        {
            if (record.Deserialize(BackupJson.Default.PruneRecord) is not { } parsed || parsed.Stream != stream)
            {
                continue;
            }

            foreach (var (number, sha256) in parsed.Deleted)
            {
                pruned[long.Parse(number)] = sha256;
            }

            if (parsed is { DigestsThrough: { } through, DigestSha256: { } digest } && through > (cut?.Through ?? 0))
            {
                cut = new DigestCut(through, digest);
            }
        }

        return (pruned, cut);
    }

    // Counted, not walked: whoever may write to the store could make a gap of a billion.
    private void CheckGap(string stream, long first, long last, Dictionary<long, string> pruned)
    {
        if (pruned.Keys.Count(number => number >= first && number <= last) == last - first + 1)
        {
            return;
        }

        var what = first == last ? BackupKeys.Manifest(stream, first) : $"{BackupKeys.Manifest(stream, first)} to {BackupKeys.Manifest(stream, last)}";
        Broken($"{what}: missing, and no signed record says that {(first == last ? "it was" : "all of them were")} pruned");
    }

    private async Task<SignedManifest?> ManifestAsync(string stream, long number, CancellationToken cancellationToken)
    {
        try
        {
            return await _catalog.ReadAsync(stream, number, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            Broken(e.Message);
            return null;
        }
    }

    private void Broken(string problem)
    {
        _chainProblems++;
        _problems.Add(problem);
    }

    private void CheckChain(SignedManifest manifest, SignedManifest? before, Dictionary<long, string> pruned)
    {
        var (number, chain) = (manifest.Manifest.Number, manifest.Manifest.Chain);
        var name = BackupKeys.Manifest(manifest.Manifest.Stream, number);
        var previous = before?.Sha256 ?? pruned.GetValueOrDefault(number - 1);
        if (number > 1 && previous is not null && chain.PreviousSha256 != previous)
        {
            Broken($"{name}: does not go on from the backup before");
        }

        if (before?.Next() is { } expected && (chain.TreeSize != expected.TreeSize || chain.TreeRoot != expected.TreeRoot || !chain.Subtrees.SequenceEqual(expected.Subtrees)))
        {
            Broken($"{name}: its tree over the backups before it is another one");
        }

        if (chain.TreeSize != number - 1)
        {
            Broken($"{name}: counts {chain.TreeSize} backups before it");
        }

        if (before is not null && (manifest.Manifest.SignedAt ?? manifest.Manifest.CreatedAt) < (before.Manifest.SignedAt ?? before.Manifest.CreatedAt))
        {
            Broken($"{name}: signed before the backup that it goes on from; a clock was set back");
        }

        if (BackupRun.RootOf(manifest.Manifest.Files) != manifest.Manifest.Root)
        {
            Broken($"{name}: its root is not that of its files");
        }
    }

    private async Task ReadBackAsync(BackupManifest manifest, string? drill, CancellationToken cancellationToken)
    {
        foreach (var file in manifest.Files)
        {
            Progress?.Invoke(file.Path);
            foreach (var piece in file.Pieces)
            {
                await CheckLockAsync(piece.Key, manifest, cancellationToken);
            }

            // Of two backups, most files are the same; reading them twice proves nothing more.
            var isNew = _verifiedFiles.Add($"{file.Sha256} {string.Join(' ', file.Pieces.Select(piece => piece.StoredSha256))}");
            try
            {
                if (drill is not null)
                {
                    await DrillAsync(file, drill, cancellationToken);
                }
                else if (isNew)
                {
                    await ReadBackAsync(file, cancellationToken);
                }
            }
            catch (InvalidDataException e)
            {
                _problems.Add($"backup {manifest.Number}, {file.Path}: {e.Message}");
            }
        }
    }

    // One file at a time: the room that a drill takes is that of the longest file, not that of the backup.
    private async Task DrillAsync(ManifestFile file, string directory, CancellationToken cancellationToken)
    {
        var place = Directory.CreateDirectory(Path.Combine(directory, $"drill-{Guid.NewGuid():N}"));
        try
        {
            var step = BackupRestore.Step(file, place.FullName, overwrite: false);
            await new BackupRestore(_catalog, _pieces, store).RestoreAsync(step, cancellationToken);
            if (!BackupRestore.IsThere(file, step.Target))
            {
                throw new InvalidDataException("what was restored is not what the disk gives back");
            }

            _restoredFiles++;
            _restoredBytes += file.Bytes;
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    private async Task ReadBackAsync(ManifestFile file, CancellationToken cancellationToken)
    {
        if (!file.Pieces.All(_pieces.CanRead))
        {
            _encrypted++;
            await foreach (var stored in _pieces.StoredAsync(file.Pieces, cancellationToken))
            {
                // Its hash was compared.
                _ = stored;
            }

            return;
        }

        using var digest = new FileDigest();
        await foreach (var text in _pieces.TextsAsync(file.Pieces, cancellationToken))
        {
            digest.Add(text.Span);
        }

        CheckDigest(file, digest);
    }

    /// <exception cref="InvalidDataException">It is another text than the manifest says.</exception>
    internal static void CheckDigest(ManifestFile file, FileDigest digest)
    {
        var (sha256, root) = digest.End();
        if (sha256 != file.Sha256 || root != file.MerkleRoot || digest.Bytes != file.Bytes || digest.Lines != file.Lines)
        {
            throw new InvalidDataException("its pieces together are not the file that was backed up");
        }
    }

    private async Task CheckLockAsync(string key, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var until = manifest.RetainUntil > time.GetUtcNow() ? manifest.RetainUntil : null;
        if (until is null && manifest.LegalHold != true)
        {
            return;
        }

        // Asked for once, and held against each backup that names it: a later one may have locked it for longer.
        if (!_locks.TryGetValue(key, out var found))
        {
            _locks[key] = found = await store.HeadAsync(key, cancellationToken) is { } info ? (info.RetainUntil, info.LegalHold) : Settled;
        }

        if (manifest.LegalHold == true && !found.IsHeld)
        {
            Unlocked($"{key}: not on legal hold, as backup {manifest.Number} says");
        }

        // Stores keep whole seconds.
        if (until is not null && !(found.Until >= until.Value.AddSeconds(-1)))
        {
            Unlocked($"{key}: locked until {found.Until?.ToString("u") ?? "never"}, not until {until:u} as backup {manifest.Number} says");
        }

        void Unlocked(string problem)
        {
            _lockProblems++;
            _problems.Add(problem);
            _locks[key] = Settled;
        }
    }

    /// <summary>Of an object that is missing, or whose lock was told of: nothing more is said of it.</summary>
    private static (DateTimeOffset? Until, bool IsHeld) Settled => (DateTimeOffset.MaxValue, true);
}

/// <summary>What a verification found.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Backups">Manifests that are there.</param>
/// <param name="Newest">The newest one, when it can be believed.</param>
/// <param name="Files">Different files that were read back.</param>
/// <param name="BytesRead">Stored bytes that were read.</param>
/// <param name="EncryptedFiles">Files of which only the stored bytes were proved, for want of the private key.</param>
/// <param name="Problems">Empty when all is well.</param>
public sealed record BackupVerdict(string Stream, int Backups, SignedManifest? Newest, int Files, long BytesRead, int EncryptedFiles, ImmutableArray<string> Problems)
{
    /// <summary>No gap, fork or forgery in the manifests.</summary>
    public bool ChainIntact { get; init; }

    /// <summary>Whether locks are as long as the manifests say; null where nothing is locked.</summary>
    public bool? LocksHold { get; init; }

    /// <summary>When the oldest backup was made that can be believed.</summary>
    public DateTimeOffset? RecoverableFrom { get; init; }

    /// <summary>Until when digests say what was there; null when there are none.</summary>
    public DateTimeOffset? DigestsUntil { get; init; }

    /// <summary>What a restore drill brought back; null without one.</summary>
    public int? RestoredFiles { get; init; }

    public long? RestoredBytes { get; init; }
}
