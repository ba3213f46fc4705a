using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>
/// Makes one backup. Files are read once, front to back; a stretch that the store has is not sent again. The signed manifest is written last: until
/// then the backup does not exist, and what was sent is found again by the next run. Memory does not depend on the size of the files.
/// </summary>
public sealed class BackupRun(IObjectStore store, SigningKey key, BackupOptions options, TimeProvider time)
{
    private readonly BackupCatalog _catalog = new(store, key.Public);
    private readonly BandwidthLimit _limit = new(options.BytesPerSecond, time);
    private readonly ConcurrentDictionary<string, ManifestPiece> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _kept = new(StringComparer.Ordinal);
    private PutOptions _put = PutOptions.Default;
    private int _newPieces;
    private long _newBytes;
    private long _done;

    public Action<BackupProgress>? Progress { get; init; }

    /// <exception cref="ObjectStoreException">The store did not take it. Nothing that is listed as a backup came of it.</exception>
    /// <exception cref="IOException">A source cannot be read.</exception>
    /// <exception cref="InvalidDataException">The backup before is not what the key has signed: going on from it would bury that.</exception>
    public async Task<BackupOutcome> RunAsync(IReadOnlyList<BackupSource> sources, CancellationToken cancellationToken)
    {
        BackupKeys.CheckStream(options.Stream);
        await CheckStoreAsync(cancellationToken);
        var startedAt = time.GetUtcNow();
        _put = new PutOptions { RetainUntil = startedAt + options.Lock, Compliance = options.Compliance, LegalHold = options.LegalHold };
        var previous = await NewestAsync(cancellationToken);
        var sent = new Dictionary<string, ManifestPiece>(StringComparer.Ordinal);
        using var journal = BackupJournal.Open(options.Journal, sent);
        await LearnAsync(previous, sent, cancellationToken);
        using var cut = SourceCut.Take(sources, startedAt);
        var before = previous?.Manifest.Files.ToDictionary(file => file.Path, StringComparer.Ordinal) ?? [];
        var (files, unchanged) = (new List<ManifestFile>(), 0);
        foreach (var file in cut.Files)
        {
            Progress?.Invoke(new BackupProgress(file.Name, _done, cut.Bytes));
            if (!options.Reread && before.TryGetValue(file.Name, out var old) && await IsUnchangedAsync(file, old, cancellationToken))
            {
                unchanged++;
                _done += file.Bytes ?? 0;
                await KeepAsync(old.Pieces, cancellationToken);
                files.Add(old);
            }
            else
            {
                files.Add(await ReadAsync(file, cut.Bytes, journal, cancellationToken));
            }
        }

        Progress?.Invoke(new BackupProgress("", cut.Bytes, cut.Bytes));
        var (manifest, name) = await WriteManifestAsync([.. files], previous, startedAt, cancellationToken);
        await new DigestChain(store, key.Public).WriteAsync(options.Stream, key, _put, time, cancellationToken);
        journal.Forget();
        return new BackupOutcome(manifest, name, unchanged);
    }

    private async Task CheckStoreAsync(CancellationToken cancellationToken)
    {
        var probe = await store.ProbeAsync(cancellationToken);
        if ((options.Lock is not null || options.LegalHold) && !probe.Lockable)
        {
            throw new ObjectStoreException($"{store.Location}: a lock was asked for, and this store does not lock objects; make a bucket with object lock, or ask for none") { IsDenied = true };
        }
    }

    private async Task<SignedManifest?> NewestAsync(CancellationToken cancellationToken)
    {
        var numbers = await _catalog.NumbersAsync(options.Stream, cancellationToken);
        return numbers.Count == 0 ? null : await _catalog.ReadAsync(options.Stream, numbers[^1], cancellationToken);
    }

    // What a manifest names is there. What a killed run noted may be gone again, so it is asked for.
    private async Task LearnAsync(SignedManifest? previous, Dictionary<string, ManifestPiece> sent, CancellationToken cancellationToken)
    {
        foreach (var piece in previous?.Manifest.Files.SelectMany(file => file.Pieces) ?? [])
        {
            _known[piece.Sha256] = piece;
        }

        foreach (var piece in sent.Values)
        {
            if (await store.HeadAsync(piece.Key, cancellationToken) is { } found && found.Bytes == piece.StoredBytes)
            {
                _known.TryAdd(piece.Sha256, piece);
            }
        }
    }

    private static async Task<bool> IsUnchangedAsync(CutFile file, ManifestFile old, CancellationToken cancellationToken) =>
        file.Text is { } text ? text.IsUnchangedAsync is { } isUnchanged && await isUnchanged(old, cancellationToken) : old.Bytes == file.Bytes && old.Modified == file.Modified;

    private async Task<ManifestFile> ReadAsync(CutFile file, long total, BackupJournal journal, CancellationToken cancellationToken)
    {
        // One in the queue and one in each hand: that is all of the file that is in memory at a time.
        var queue = Channel.CreateBounded<(int Index, byte[] Text, int Length, string Sha256)>(1);
        var pieces = new ConcurrentDictionary<int, ManifestPiece>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var senders = Enumerable.Range(0, Math.Max(1, options.Parallelism)).Select(_ => Task.Run(() => SendAsync(queue.Reader, pieces, journal, stop), CancellationToken.None)).ToArray();
        using var digest = new FileDigest();
        try
        {
            await using var text = file.Text is { } elsewhere ? await elsewhere.OpenAsync(stop.Token) : file.Opened ?? CutFile.Open(file.Path);
            for (var (index, left) = (0, file.Bytes ?? long.MaxValue); left > 0; index++)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(PieceForm.Length);
                var length = await text.ReadAtLeastAsync(buffer.AsMemory(0, (int)Math.Min(PieceForm.Length, left)), (int)Math.Min(PieceForm.Length, left), throwOnEndOfStream: false, stop.Token);
                if (length == 0 && file.Bytes is null)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    break;
                }

                if (length == 0)
                {
                    throw new IOException($"{file.Path}: it became shorter while it was read; back up again");
                }

                digest.Add(buffer.AsSpan(0, length));
                await queue.Writer.WriteAsync((index, buffer, length, Convert.ToHexStringLower(SHA256.HashData(buffer.AsSpan(0, length)))), stop.Token);
                left -= length;
                _done += length;
                Progress?.Invoke(new BackupProgress(file.Name, _done, total));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A sender failed and stopped the reading; its own exception comes out below.
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            queue.Writer.TryComplete();
        }

        await Task.WhenAll(senders);
        var (sha256, root) = digest.End();
        return new ManifestFile
        {
            Path = file.Name,
            Bytes = digest.Bytes,
            Sha256 = sha256,
            Modified = file.Modified,
            Lines = digest.Lines,
            MerkleRoot = root,
            OldestEventTime = digest.Oldest,
            NewestEventTime = digest.Newest,
            Pieces = [.. pieces.OrderBy(piece => piece.Key).Select(piece => piece.Value)],
        };
    }

    private async Task SendAsync(
        ChannelReader<(int Index, byte[] Text, int Length, string Sha256)> queue, ConcurrentDictionary<int, ManifestPiece> pieces, BackupJournal journal, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var (index, text, length, sha256) in queue.ReadAllAsync(stop.Token))
            {
                pieces[index] = await KeepAsync(text.AsMemory(0, length), sha256, journal, stop.Token);
                ArrayPool<byte>.Shared.Return(text);
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task<ManifestPiece> KeepAsync(ReadOnlyMemory<byte> text, string sha256, BackupJournal journal, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(sha256, out var known) && known.Bytes == text.Length)
        {
            await KeepAsync([known], cancellationToken);
            return known;
        }

        var room = ArrayPool<byte>.Shared.Rent(Math.Max(text.Length, PieceForm.LeastRoom));
        try
        {
            var (form, stored) = PieceForm.Encode(text, options.Codec, options.CompressionLevel, options.Recipient, room);
            return await SendAsync(stored, form, text.Length, sha256, journal, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private async Task<ManifestPiece> SendAsync(ReadOnlyMemory<byte> stored, string form, int length, string sha256, BackupJournal journal, CancellationToken cancellationToken)
    {
        var piece = new ManifestPiece
        {
            Sha256 = sha256,
            Bytes = length,
            Key = BackupKeys.Piece(sha256, form),
            StoredSha256 = Convert.ToHexStringLower(SHA256.HashData(stored.Span)),
            StoredBytes = stored.Length,
        };
        await _limit.WaitAsync(stored.Length, cancellationToken);
        if (await store.PutAsync(piece.Key, stored, _put, cancellationToken))
        {
            Interlocked.Increment(ref _newPieces);
            Interlocked.Add(ref _newBytes, stored.Length);
        }
        else
        {
            // From a run that was killed, another stream, or a backup before the last one. What lies there counts, not what we would have written.
            piece = await LookAsync(piece, length, cancellationToken);
        }

        _kept[piece.Key] = true;
        _known[sha256] = piece;
        journal.Add(piece);
        return piece;
    }

    private async Task<ManifestPiece> LookAsync(ManifestPiece piece, int length, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(piece.Key, cancellationToken) ?? throw new ObjectStoreException($"{store.Location}: {piece.Key} exists and cannot be read") { IsPassing = true };
        var stored = await StoredBytes.ReadAsync(content, PieceForm.Longest * 2L, piece.Key, cancellationToken);
        var found = piece with { StoredBytes = stored.Length, StoredSha256 = Convert.ToHexStringLower(SHA256.HashData(stored)), Bytes = length };
        if (found.StoredSha256 != piece.StoredSha256 && !piece.Key.EndsWith(".enc", StringComparison.Ordinal))
        {
            // Another zlib may have written it; then it still holds our text. If not, a backup that names it could not be restored.
            _ = PieceForm.Decode(found, stored, recipient: null);
        }

        await KeepAsync([found], cancellationToken);
        return found;
    }

    // A piece that is used again must stay as long as this backup.
    private async Task KeepAsync(IEnumerable<ManifestPiece> pieces, CancellationToken cancellationToken)
    {
        if (_put is { RetainUntil: null, LegalHold: false })
        {
            return;
        }

        foreach (var piece in pieces.Where(piece => _kept.TryAdd(piece.Key, true)))
        {
            await store.LockAsync(piece.Key, _put, cancellationToken);
        }
    }

    private async Task<(BackupManifest Manifest, string Key)> WriteManifestAsync(ManifestFile[] files, SignedManifest? previous, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        while (true)
        {
            var manifest = Manifest(files, previous, startedAt);
            var document = JsonSerializer.SerializeToNode(manifest, BackupJson.Default.BackupManifest)!.AsObject();
            key.Sign(document);
            var name = BackupKeys.Manifest(options.Stream, manifest.Number);
            if (await store.PutAsync(name, CanonicalJson.Bytes(document), _put, cancellationToken))
            {
                return (manifest, name);
            }

            // Another backup of this stream finished first. Ours goes behind it: a chain has no forks.
            previous = await NewestAsync(cancellationToken);
        }
    }

    private BackupManifest Manifest(ManifestFile[] files, SignedManifest? previous, DateTimeOffset startedAt)
    {
        var pieces = files.SelectMany(file => file.Pieces).DistinctBy(piece => piece.Key).ToList();
        return new BackupManifest
        {
            FormatVersion = BackupManifest.Format,
            Stream = options.Stream,
            Number = (previous?.Manifest.Number ?? 0) + 1,
            CreatedAt = startedAt,
            Files = files,
            Totals = new ManifestTotals
            {
                Bytes = files.Sum(file => file.Bytes),
                StoredBytes = pieces.Sum(piece => piece.StoredBytes),
                Lines = files.Sum(file => file.Lines),
                NewPieces = _newPieces,
                NewStoredBytes = _newBytes,
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
