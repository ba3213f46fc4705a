using System.Security.Cryptography;
using Comptroller.Archive.Compression;

namespace Comptroller.Archive.Backups;

/// <summary>How a piece is kept: gzip members unless that would not help, encrypted when there is a key.</summary>
internal static class PieceForm
{
    /// <summary>Text of a piece, at most. Equal pieces are kept once; of a log that grew, only the last one is new. A few of them are all that a backup has in memory.</summary>
    public const int Length = 4 << 20;

    /// <summary>No manifest may make us allocate more than this for a piece.</summary>
    public const int Longest = 64 << 20;

    public static (string Form, ReadOnlyMemory<byte> Bytes) Encode(ReadOnlySpan<byte> text, int level, RSA? recipient)
    {
        var isCompressed = text.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]);
        var stored = isCompressed ? text.ToArray() : Compress(text, level);
        var form = isCompressed ? "raw" : "gz";
        return recipient is null ? (form, stored) : ($"{form}.enc", Envelope.Seal(stored.Span, recipient));
    }

    /// <summary>The text again.</summary>
    /// <exception cref="InvalidDataException">It is not what the manifest says, or is encrypted and there is no key.</exception>
    public static byte[] Decode(ManifestPiece piece, byte[] stored, RSA? recipient)
    {
        if (piece.Bytes is < 0 or > Longest)
        {
            throw new InvalidDataException($"{piece.Key}: the manifest says {piece.Bytes} bytes; no piece is longer than {Longest}");
        }

        try
        {
            var bytes = !piece.Key.EndsWith(".enc", StringComparison.Ordinal) ? stored
                : Envelope.Open(stored, recipient ?? throw new InvalidDataException("it is encrypted; the private key is needed to read it"));
            var text = new byte[piece.Bytes];
            if (piece.Key.Contains(".raw", StringComparison.Ordinal))
            {
                text = bytes;
            }
            else
            {
                // Stops behind the length that the manifest promises, however much would still come out.
                GzipMember.Read(new MemoryStream(bytes), text);
            }

            return Convert.ToHexStringLower(SHA256.HashData(text)) == piece.Sha256 ? text : throw new InvalidDataException("its text is not the one that was backed up");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{piece.Key}: {e.Message}", e);
        }
    }

    // One member: what is sought in a backup is a whole piece.
    private static ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> text, int level)
    {
        var output = new MemoryStream(text.Length / 6);
        GzipMember.Write(text, level, output);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }
}
