using System.Security.Cryptography;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>Fetches pieces and believes none of their bytes.</summary>
internal sealed class PieceReader(IObjectStore store, KeyWrap? recipient)
{
    public long BytesRead { get; private set; }

    /// <summary>The stored bytes.</summary>
    /// <exception cref="InvalidDataException">They are missing or not those that were written.</exception>
    public async Task<byte[]> StoredAsync(ManifestPiece piece, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(piece.Key, cancellationToken) ?? throw new InvalidDataException($"{piece.Key}: missing");
        var stored = await StoredBytes.ReadAsync(content, Math.Min(piece.StoredBytes, PieceForm.Longest * 2L), piece.Key, cancellationToken);
        BytesRead += stored.Length;
        return Convert.ToHexStringLower(SHA256.HashData(stored)) == piece.StoredSha256 ? stored : throw new InvalidDataException($"{piece.Key}: its bytes are not those that were stored");
    }

    /// <summary>The text.</summary>
    /// <exception cref="InvalidDataException">It is not the one that was backed up.</exception>
    public async Task<byte[]> TextAsync(ManifestPiece piece, CancellationToken cancellationToken) => PieceForm.Decode(piece, await StoredAsync(piece, cancellationToken), recipient);

    public bool CanRead(ManifestPiece piece) => recipient is not null || !piece.Key.EndsWith(".enc", StringComparison.Ordinal);
}
