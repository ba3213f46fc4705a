using System.Collections.Concurrent;
using System.Text.Json;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Files;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>
/// Makes one backup. Files are read once, front to back; a stretch that the store has is not sent again. The signed manifest is written last: until
/// then the backup does not exist, and what was sent is found again by the next run. Memory does not depend on the size of the files.
/// </summary>
public sealed class BackupRun(IObjectStore store, SigningKey key, BackupOptions options, TimeProvider time)
{
    private static readonly TimeSpan NotePatience = TimeSpan.FromSeconds(20);

    private readonly BackupCatalog _catalog = new(store, key.Public);
    private PutOptions _put = PutOptions.Default;
    private long _done;

    public Action<BackupProgress>? Progress { get; init; }

    /// <exception cref="BackupPausedException">It came to <see cref="BackupOptions.Until"/> before its end.</exception>
    /// <exception cref="ObjectStoreException">The store did not take it. Nothing that is listed as a backup came of it.</exception>
    /// <exception cref="IOException">A source cannot be read.</exception>
    /// <exception cref="InvalidDataException">The backup before is not what the key has signed: going on from it would bury that.</exception>
    public async Task<BackupOutcome> RunAsync(IReadOnlyList<BackupSource> sources, CancellationToken cancellationToken)
    {
        BackupKeys.CheckStream(options.Stream);
        await CheckStoreAsync(cancellationToken);
        var startedAt = time.GetUtcNow();
        _put = new PutOptions { RetainUntil = startedAt + options.Lock, Compliance = options.Compliance, LegalHold = options.LegalHold };
        var sent = new Dictionary<string, ManifestPiece>(StringComparer.Ordinal);
        using var journal = BackupJournal.Open(options.Journal, sent);
        await FinishAsync(journal, cancellationToken);
        var previous = await NewestAsync(cancellationToken);
        var unfinished = new UnfinishedBackups(store, key.Public);
        foreach (var piece in await unfinished.FindAsync(options.Stream, previous?.Manifest.SignedAt ?? previous?.Manifest.CreatedAt, cancellationToken))
        {
            sent[piece.Sha256] = piece;
        }

        using var end = options.Until is { } until ? new CancellationTokenSource(until - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, time) : new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        var sender = new PieceSender(store, options, _put, journal, time, stop.Token);
        List<Func<ManifestFile>> files;
        int unchanged;
        try
        {
            await using (sender)
            {
                await LearnAsync(previous, sent, sender, stop.Token);
                (files, unchanged) = await SendAsync(sources, startedAt, previous, sender, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await NoteAsync(unfinished, previous, sent, sender);
            cancellationToken.ThrowIfCancellationRequested();
            throw new BackupPausedException(sender.NewPieces, sender.NewBytes);
        }

        LargeArrays.LetGo();
        Progress?.Invoke(new BackupProgress("", _done, _done));
        var (manifest, name) = await WriteManifestAsync([.. files.Select(file => file())], previous, startedAt, sender, journal, cancellationToken);
        await new DigestChain(store, key.Public).WriteAsync(options.Stream, key, _put, time, cancellationToken);
        journal.Forget();
        return new BackupOutcome(manifest, name, unchanged);
    }

    private async Task<(List<Func<ManifestFile>> Files, int Unchanged)> SendAsync(
        IReadOnlyList<BackupSource> sources, DateTimeOffset startedAt, SignedManifest? previous, PieceSender sender, CancellationToken cancellationToken)
    {
        using var cut = SourceCut.Take(sources, startedAt);
        var before = previous?.Manifest.Files.ToDictionary(file => file.Path, StringComparer.Ordinal) ?? [];
        var (files, unchanged) = (new List<Func<ManifestFile>>(), 0);
        foreach (var file in cut.Files)
        {
            Progress?.Invoke(new BackupProgress(file.Name, _done, cut.Bytes));
            if (!options.Reread && before.TryGetValue(file.Name, out var old) && await IsUnchangedAsync(file, old, cancellationToken))
            {
                unchanged++;
                _done += file.Bytes ?? 0;
                await sender.KeepAsync(old.Pieces, cancellationToken);
                files.Add(() => old);
            }
            else
            {
                files.Add(await ReadAsync(file, cut.Bytes, sender, cancellationToken));
            }
        }

        await sender.EndAsync();
        return (files, unchanged);
    }

    // Also of a run that somebody stops: a pod whose time is up has a minute left, and a backup that never comes to its end in one go would send the same for ever.
    private async Task NoteAsync(UnfinishedBackups unfinished, SignedManifest? previous, Dictionary<string, ManifestPiece> sent, PieceSender sender)
    {
        var named = previous?.Manifest.Files.SelectMany(file => file.Pieces).Select(piece => piece.Key).ToHashSet(StringComparer.Ordinal) ?? [];
        // With those that were noted before: whoever goes on reads the newest list alone.
        var pieces = sender.Known.Concat(sent.Values).Where(piece => !named.Contains(piece.Key)).DistinctBy(piece => piece.Key).OrderBy(piece => piece.Key, StringComparer.Ordinal).ToList();
        if (pieces.TrueForAll(piece => sent.ContainsKey(piece.Sha256)))
        {
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(NotePatience, time);
            await unfinished.NoteAsync(options.Stream, key, pieces, time.GetUtcNow(), patience.Token);
        }
        catch (Exception e) when (e is ObjectStoreException or OperationCanceledException)
        {
            // Then they are offered to the store again, which has them and says so.
        }
    }

    private async Task CheckStoreAsync(CancellationToken cancellationToken)
    {
        var probe = await store.ProbeAsync(cancellationToken);
        if ((options.Lock is not null || options.LegalHold) && !probe.Lockable)
        {
            throw new ObjectStoreException($"{store.Location}: a lock was asked for, and this store does not lock objects; make a bucket with object lock, or ask for none") { IsDenied = true, IsLockMissing = true };
        }
    }

    // All that a backup lacked which was killed at its last step is its manifest. It was a consistent cut then, and is one now, if all its pieces still are there.
    private async Task FinishAsync(BackupJournal journal, CancellationToken cancellationToken)
    {
        if (journal.Manifest() is not { } bytes)
        {
            return;
        }

        var newest = await NewestAsync(cancellationToken);
        try
        {
            var number = newest?.Manifest.Number + 1 ?? 1;
            var name = BackupKeys.Manifest(options.Stream, number);
            var left = _catalog.Parse(bytes, name, options.Stream, number);
            var gone = 0;
            await Parallel.ForEachAsync(left.Files.SelectMany(file => file.Pieces).DistinctBy(piece => piece.Key), Several(cancellationToken), async (piece, stop) =>
                Interlocked.Add(ref gone, (await store.HeadAsync(piece.Key, stop))?.Bytes == piece.StoredBytes ? 0 : 1));
            if (gone == 0 && left.Chain.PreviousSha256 == newest?.Sha256)
            {
                await store.PutAsync(name, bytes, _put with { RetainUntil = left.RetainUntil, LegalHold = left.LegalHold == true }, cancellationToken);
            }
        }
        catch (InvalidDataException)
        {
            // Of another key, stream or number, or of a chain that went on without it: it was never a backup and will be none.
        }

        journal.ForgetManifest();
    }

    private ParallelOptions Several(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = 4 * Math.Max(1, options.Parallelism), CancellationToken = cancellationToken };

    private async Task<SignedManifest?> NewestAsync(CancellationToken cancellationToken)
    {
        var numbers = await _catalog.NumbersAsync(options.Stream, cancellationToken);
        return numbers.Count == 0 ? null : await _catalog.ReadAsync(options.Stream, numbers[^1], cancellationToken);
    }

    // What a manifest names is there. What a killed or stopped run noted may be gone again, so it is asked for.
    private async Task LearnAsync(SignedManifest? previous, Dictionary<string, ManifestPiece> sent, PieceSender sender, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(sent.Values, Several(cancellationToken), async (piece, stop) =>
        {
            if (await store.HeadAsync(piece.Key, stop) is { } found && found.Bytes == piece.StoredBytes)
            {
                sender.Know(piece);
            }
        });
        foreach (var piece in previous?.Manifest.Files.SelectMany(file => file.Pieces) ?? [])
        {
            sender.Know(piece);
        }
    }

    private static async Task<bool> IsUnchangedAsync(CutFile file, ManifestFile old, CancellationToken cancellationToken) =>
        file.Text is { } text ? text.IsUnchangedAsync is { } isUnchanged && await isUnchanged(old, cancellationToken) : old.Bytes == file.Bytes && old.Modified == file.Modified;

    /// <returns>What the manifest says of the file, once all its pieces are sent.</returns>
    private async Task<Func<ManifestFile>> ReadAsync(CutFile file, long total, PieceSender sender, CancellationToken cancellationToken)
    {
        var pieces = new ConcurrentDictionary<int, ManifestPiece>();
        using var digest = new FileDigest();
        await using var text = file.Text is { } elsewhere ? await elsewhere.OpenAsync(cancellationToken) : file.Opened ?? CutFile.Open(file.Path);
        for (var (index, left) = (0, file.Bytes ?? long.MaxValue); left > 0; index++)
        {
            var (stretch, most) = (new BorrowedBytes(PieceForm.Length), (int)Math.Min(PieceForm.Length, left));
            try
            {
                stretch.Length = await text.ReadAtLeastAsync(stretch.Room.AsMemory(0, most), most, throwOnEndOfStream: false, cancellationToken);
                if (stretch.Length == 0)
                {
                    stretch.Dispose();
                    if (file.Bytes is null)
                    {
                        break;
                    }

                    throw new IOException($"{file.Path}: it became shorter while it was read; back up again");
                }

                digest.Add(stretch.Span);
            }
            catch
            {
                stretch.Dispose();
                throw;
            }

            left -= stretch.Length;
            _done += stretch.Length;
            await sender.AddAsync(stretch, index, pieces);
            Progress?.Invoke(new BackupProgress(file.Name, _done, total));
        }

        var (sha256, root) = digest.End();
        var (bytes, lines, oldest, newest) = (digest.Bytes, digest.Lines, digest.Oldest, digest.Newest);
        return () => new ManifestFile
        {
            Path = file.Name,
            Bytes = bytes,
            Sha256 = sha256,
            Modified = file.Modified,
            Lines = lines,
            MerkleRoot = root,
            OldestEventTime = oldest,
            NewestEventTime = newest,
            Pieces = [.. pieces.OrderBy(piece => piece.Key).Select(piece => piece.Value)],
        };
    }

    private async Task<(BackupManifest Manifest, string Key)> WriteManifestAsync(ManifestFile[] files, SignedManifest? previous, DateTimeOffset startedAt, PieceSender sender, BackupJournal journal, CancellationToken cancellationToken)
    {
        while (true)
        {
            var manifest = Manifest(files, previous, startedAt, sender);
            var document = JsonSerializer.SerializeToNode(manifest, BackupJson.Default.BackupManifest)!.AsObject();
            key.Sign(document);
            var (name, bytes) = (BackupKeys.Manifest(options.Stream, manifest.Number), CanonicalJson.Bytes(document));
            await journal.KeepAsync(bytes, cancellationToken);
            var isNew = await store.PutAsync(name, bytes, _put, cancellationToken);
            journal.ForgetManifest();
            if (isNew)
            {
                return (manifest, name);
            }

            // Another backup of this stream finished first. Ours goes behind it: a chain has no forks.
            previous = await NewestAsync(cancellationToken);
        }
    }

    private BackupManifest Manifest(ManifestFile[] files, SignedManifest? previous, DateTimeOffset startedAt, PieceSender sender)
    {
        var pieces = files.SelectMany(file => file.Pieces).DistinctBy(piece => piece.Key).ToList();
        return new BackupManifest
        {
            FormatVersion = BackupManifest.Format,
            Stream = options.Stream,
            Number = (previous?.Manifest.Number ?? 0) + 1,
            CreatedAt = startedAt,
            SignedAt = time.GetUtcNow(),
            Files = files,
            Totals = new ManifestTotals
            {
                Bytes = files.Sum(file => file.Bytes),
                StoredBytes = pieces.Sum(piece => piece.StoredBytes),
                Lines = files.Sum(file => file.Lines),
                NewPieces = sender.NewPieces,
                NewStoredBytes = sender.NewBytes,
            },
            Root = RootOf(files),
            Chain = previous?.Next() ?? new ManifestChain { TreeSize = 0, TreeRoot = Convert.ToHexStringLower(MerkleTree.EmptyRoot), Subtrees = [] },
            Producer = new ManifestProducer(typeof(BackupRun).Assembly.GetName().Version!.ToString(3), Environment.MachineName),
            RetainUntil = _put.RetainUntil,
            LegalHold = _put.LegalHold ? true : null,
        };
    }

    internal static string RootOf(IEnumerable<ManifestFile> files)
    {
        using var tree = new MerkleFrontier();
        foreach (var file in files)
        {
            tree.Add(CanonicalJson.Bytes(BackupJson.Node(file)));
        }

        return Convert.ToHexStringLower(tree.Root());
    }
}
