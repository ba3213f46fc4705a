using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using Comptroller.Archive.Files;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>
/// Compresses the pieces of a backup on several processors and sends them while the next ones are compressed, over the ends of files: a thousand small
/// files wait for the store no longer than a large one. What is in memory is what is in one of a fixed number of hands.
/// </summary>
internal sealed class PieceSender : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly BackupOptions _options;
    private readonly PutOptions _put;
    private readonly BackupJournal _journal;
    private readonly BandwidthLimit _limit;
    private readonly ConcurrentDictionary<string, ManifestPiece> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _kept = new(StringComparer.Ordinal);
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(1);
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _sends;
    private readonly Task[] _workers;
    private ExceptionDispatchInfo? _failure;
    private int _newPieces;
    private long _newBytes;

    public PieceSender(IObjectStore store, BackupOptions options, PutOptions put, BackupJournal journal, TimeProvider time, CancellationToken cancellationToken)
    {
        (_store, _options, _put, _journal) = (store, options, put, journal);
        _limit = new BandwidthLimit(options.BytesPerSecond, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hands = Math.Max(1, options.Parallelism);
        _sends = new SemaphoreSlim(hands, hands);
        _workers = [.. Enumerable.Range(0, hands).Select(_ => Task.Run(WorkAsync, CancellationToken.None))];
    }

    public int NewPieces => _newPieces;

    public long NewBytes => Interlocked.Read(ref _newBytes);

    /// <summary>All pieces that the store has, as far as this backup came across them.</summary>
    public IEnumerable<ManifestPiece> Known => _known.Values;

    /// <summary>A piece that the store has.</summary>
    public void Know(ManifestPiece piece) => _known[piece.Sha256] = piece;

    /// <summary>Takes a stretch of a file over, and gives its memory back. Waits while all hands are full.</summary>
    /// <param name="text">The stretch.</param>
    /// <param name="index">Its place in the file.</param>
    /// <param name="pieces">Gets what became of it before <see cref="EndAsync"/> returns.</param>
    /// <exception cref="ObjectStoreException">The store did not take this one or one before it.</exception>
    public async Task AddAsync(BorrowedBytes text, int index, ConcurrentDictionary<int, ManifestPiece> pieces)
    {
        try
        {
            await _queue.Writer.WriteAsync(new Work(text, index, pieces), _stop.Token);
        }
        catch (OperationCanceledException)
        {
            text.Dispose();
            _failure?.Throw();
            throw;
        }
    }

    /// <summary>Pieces that are used again must stay as long as this backup.</summary>
    public Task KeepAsync(IEnumerable<ManifestPiece> pieces, CancellationToken cancellationToken) =>
        _put is { RetainUntil: null, LegalHold: false } ? Task.CompletedTask
            : Parallel.ForEachAsync(
                pieces.Where(piece => _kept.TryAdd(piece.Key, true)),
                new ParallelOptions { MaxDegreeOfParallelism = 4 * Math.Max(1, _options.Parallelism), CancellationToken = cancellationToken },
                async (piece, stop) => await _store.LockAsync(piece.Key, _put, stop));

    /// <summary>Returns when all that was taken is kept.</summary>
    /// <exception cref="ObjectStoreException">The store did not take it.</exception>
    public async Task EndAsync()
    {
        await DrainAsync();
        _failure?.Throw();
        _stop.Token.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await DrainAsync();
        while (_queue.Reader.TryRead(out var left))
        {
            left.Text.Dispose();
        }

        _stop.Dispose();
        _sends.Dispose();
    }

    private async Task DrainAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_workers);
        for (var i = 0; i < _workers.Length; i++)
        {
            await _sends.WaitAsync(CancellationToken.None);
        }

        _sends.Release(_workers.Length);
    }

    private async Task WorkAsync()
    {
        using var room = new BorrowedBytes(PieceForm.Length);
        try
        {
            await foreach (var work in _queue.Reader.ReadAllAsync(_stop.Token))
            {
                await CompressAsync(work, room.Room);
                LargeArrays.Used();
            }
        }
        catch (Exception e)
        {
            await FailAsync(e);
        }
    }

    private async Task CompressAsync(Work work, byte[] room)
    {
        var text = work.Text;
        try
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(text.Span));
            if (_known.TryGetValue(sha256, out var known) && known.Bytes == text.Length)
            {
                await KeepAsync([known], _stop.Token);
                work.Pieces[work.Index] = known;
                return;
            }

            var (form, stored) = PieceForm.Encode(text.Memory, _options.Codec, _options.CompressionLevel, _options.Recipient, room);
            await _sends.WaitAsync(_stop.Token);
            // A tenth of the text as a rule. The room is free for the next one while this is under way.
            _ = SendAsync(BorrowedBytes.Of(stored.Span), form, text.Length, sha256, work);
        }
        finally
        {
            text.Dispose();
        }
    }

    private async Task SendAsync(BorrowedBytes stored, string form, int length, string sha256, Work work)
    {
        try
        {
            using (stored)
            {
                work.Pieces[work.Index] = await SendAsync(stored.Memory, form, length, sha256, _stop.Token);
            }
        }
        catch (Exception e)
        {
            await FailAsync(e);
        }
        finally
        {
            _sends.Release();
        }
    }

    private async Task<ManifestPiece> SendAsync(ReadOnlyMemory<byte> stored, string form, int length, string sha256, CancellationToken cancellationToken)
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
        if (await _store.PutAsync(piece.Key, stored, _put, cancellationToken))
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
        _journal.Add(piece);
        return piece;
    }

    private async Task<ManifestPiece> LookAsync(ManifestPiece piece, int length, CancellationToken cancellationToken)
    {
        await using var content = await _store.OpenAsync(piece.Key, cancellationToken) ?? throw new ObjectStoreException($"{_store.Location}: {piece.Key} exists and cannot be read") { IsPassing = true };
        var stored = await StoredBytes.ReadAsync(content, PieceForm.Longest * 2L, piece.Key, cancellationToken);
        var found = piece with { StoredBytes = stored.Length, StoredSha256 = Convert.ToHexStringLower(SHA256.HashData(stored)), Bytes = length };
        if (found.StoredSha256 != piece.StoredSha256 && !piece.Key.EndsWith(".enc", StringComparison.Ordinal))
        {
            // Another zlib may have written it; then it still holds our text. If not, a backup that names it could not be restored.
            PieceForm.Decode(found, stored, recipient: null).Dispose();
        }

        await KeepAsync([found], cancellationToken);
        return found;
    }

    // What failed first is why; what was stopped because of it is not.
    private async Task FailAsync(Exception e)
    {
        Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        await _stop.CancelAsync();
    }

    private sealed record Work(BorrowedBytes Text, int Index, ConcurrentDictionary<int, ManifestPiece> Pieces);
}
