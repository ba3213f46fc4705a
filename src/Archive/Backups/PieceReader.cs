using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Comptroller.Archive.Files;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Fetches pieces and believes none of their bytes. While one is looked at, the next ones are fetched and unpacked.</summary>
/// <param name="store">Where they are.</param>
/// <param name="recipient">Unwraps the keys of what is encrypted; null for none.</param>
/// <param name="takesFirst">Whether the first version of an object will do where somebody put another over it, or hid it: to restore, not to verify.</param>
internal sealed class PieceReader(IObjectStore store, KeyWrap? recipient, bool takesFirst = false)
{
    /// <summary>Enough to keep two processors and a store some milliseconds away busy; each costs its text and its stored bytes in memory.</summary>
    private const int Ahead = 3;

    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>The texts of pieces, one after the other; each is valid until the next one.</summary>
    /// <exception cref="InvalidDataException">One is not what was backed up.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> TextsAsync(IReadOnlyList<ManifestPiece> pieces, CancellationToken cancellationToken) => InOrderAsync(pieces, TextAsync, cancellationToken);

    /// <summary>The stored bytes of pieces, likewise.</summary>
    /// <exception cref="InvalidDataException">Some are missing or not those that were written.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> StoredAsync(IReadOnlyList<ManifestPiece> pieces, CancellationToken cancellationToken) => InOrderAsync(pieces, StoredAsync, cancellationToken);

    public bool CanRead(ManifestPiece piece) => recipient is not null || !piece.Key.EndsWith(".enc", StringComparison.Ordinal);

    private async Task<BorrowedBytes> StoredAsync(ManifestPiece piece, CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            await using var content = await store.OpenAsync(piece.Key, cancellationToken) ?? throw new InvalidDataException($"{piece.Key}: missing");
            return await StoredAsync(piece, content, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            problem = e.Message;
        }

        await using var written = await StoredBytes.FirstAsync(store, piece.Key, cancellationToken) ?? throw new InvalidDataException(problem);
        BorrowedBytes first;
        try
        {
            first = await StoredAsync(piece, written, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(problem, e);
        }

        if (takesFirst)
        {
            return first;
        }

        first.Dispose();
        throw new InvalidDataException($"{problem}; its first version in the store is whole, and is what would be restored");
    }

    private async Task<BorrowedBytes> StoredAsync(ManifestPiece piece, Stream content, CancellationToken cancellationToken)
    {
        var stored = await StoredBytes.BorrowAsync(content, (int)Math.Clamp(piece.StoredBytes, 0, PieceForm.Longest * 2L), piece.Key, cancellationToken);
        Interlocked.Add(ref _bytesRead, stored.Length);
        if (Convert.ToHexStringLower(SHA256.HashData(stored.Span)) == piece.StoredSha256)
        {
            return stored;
        }

        stored.Dispose();
        throw new InvalidDataException($"{piece.Key}: its bytes are not those that were stored");
    }

    private async Task<BorrowedBytes> TextAsync(ManifestPiece piece, CancellationToken cancellationToken)
    {
        using var stored = await StoredAsync(piece, cancellationToken);
        return PieceForm.Decode(piece, stored.Memory, recipient);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> InOrderAsync(
        IReadOnlyList<ManifestPiece> pieces, Func<ManifestPiece, CancellationToken, Task<BorrowedBytes>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (ahead, next) = (new Queue<Task<BorrowedBytes>>(), 0);
        try
        {
            while (true)
            {
                for (; ahead.Count < Ahead && next < pieces.Count; next++)
                {
                    var piece = pieces[next];
                    ahead.Enqueue(Task.Run(() => read(piece, stop.Token), CancellationToken.None));
                }

                if (!ahead.TryDequeue(out var first))
                {
                    yield break;
                }

                using var bytes = await first;
                yield return bytes.Memory;
                LargeArrays.Used();
            }
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var left in ahead)
            {
                await ReturnAsync(left);
            }
        }
    }

    // What was read ahead and is not wanted any more: the piece before it was not what it should be, and that is what is told.
    private static async Task ReturnAsync(Task<BorrowedBytes> left)
    {
        try
        {
            (await left).Dispose();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException)
        {
            // It holds nothing.
        }
    }
}
