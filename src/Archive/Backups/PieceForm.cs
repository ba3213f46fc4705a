using System.Security.Cryptography;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Backups;

/// <summary>How a piece is kept: compressed unless that would not help, encrypted when there is a key.</summary>
internal static class PieceForm
{
    /// <summary>Text of a piece, at most. Equal pieces are kept once; of a log that grew, only the last one is new. A few of them are all that a backup has in memory.</summary>
    public const int Length = 4 << 20;

    /// <summary>More than head and end of compressed data take of an empty text.</summary>
    public const int LeastRoom = 64;

    /// <summary>No manifest may make us allocate more than this for a piece.</summary>
    public const int Longest = 64 << 20;

    /// <summary>What is stored of a text. The room is used again for the next one: fresh megabytes for each piece were a third of the memory of a backup.</summary>
    /// <param name="text">The text.</param>
    /// <param name="codec">How it is compressed.</param>
    /// <param name="level">How well.</param>
    /// <param name="recipient">Wraps the key that encrypts; null for none.</param>
    /// <param name="room">At least as long as the text, and <see cref="LeastRoom"/>. The result may lie in it, or be the text itself.</param>
    public static (string Form, ReadOnlyMemory<byte> Bytes) Encode(ReadOnlyMemory<byte> text, TextCodec codec, int level, KeyWrap? recipient, byte[] room)
    {
        var isCompressed = text.Span.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);
        var (form, stored) = !isCompressed && codec.TryCompress(text.Span, level, room, out var written) && written < Math.Max(text.Length, LeastRoom) ? (codec.Suffix(), room.AsMemory(0, written)) : ("raw", text);
        return recipient is null ? (form, stored) : ($"{form}.enc", Envelope.Seal(stored.Span, recipient));
    }

    /// <summary>The text again.</summary>
    /// <exception cref="InvalidDataException">It is not what the manifest says, or is encrypted and there is no key.</exception>
    public static BorrowedBytes Decode(ManifestPiece piece, ReadOnlyMemory<byte> stored, KeyWrap? recipient)
    {
        if (piece.Bytes is < 0 or > Longest)
        {
            throw new InvalidDataException($"{piece.Key}: the manifest says {piece.Bytes} bytes; no piece is longer than {Longest}");
        }

        var text = new BorrowedBytes(piece.Bytes) { Length = piece.Bytes };
        try
        {
            Decode(piece, stored, recipient, text.Room.AsSpan(0, piece.Bytes));
            return Convert.ToHexStringLower(SHA256.HashData(text.Span)) == piece.Sha256 ? text : throw new InvalidDataException("its text is not the one that was backed up");
        }
        catch (InvalidDataException e)
        {
            text.Dispose();
            throw new InvalidDataException($"{piece.Key}: {e.Message}", e);
        }
    }

    private static void Decode(ManifestPiece piece, ReadOnlyMemory<byte> stored, KeyWrap? recipient, Span<byte> text)
    {
        var bytes = !piece.Key.EndsWith(".enc", StringComparison.Ordinal) ? stored
            : Envelope.Open(stored.Span, recipient ?? throw new InvalidDataException("it is encrypted; the private key is needed to read it"));
        var form = piece.Key[(piece.Key.LastIndexOf('/') + 1)..].Split('.').ElementAtOrDefault(1) ?? "";
        if (form != "raw")
        {
            TextCodecs.Read(form, bytes, text);
        }
        else if (bytes.Length == text.Length)
        {
            bytes.Span.CopyTo(text);
        }
        else
        {
            throw new InvalidDataException($"it holds {bytes.Length} bytes and not the {text.Length} that were recorded");
        }
    }
}
