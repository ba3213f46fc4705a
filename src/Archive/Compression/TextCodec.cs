using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Comptroller.Archive.Compression;

/// <summary>How text is compressed.</summary>
public enum TextCodec
{
    /// <summary>What every machine can read; levels 1 to 9.</summary>
    Gzip,

    /// <summary>Levels 1 (as small as gzip 6 on audit logs, and three times as fast) to 11; above 4 slow for little.</summary>
    Brotli,

    /// <summary>Levels 1 to 19, where libzstd is there; the fastest.</summary>
    Zstd,
}

/// <summary>What each of them is called, and what it does.</summary>
public static class TextCodecs
{
    /// <summary>What stands behind the name of a stored piece.</summary>
    public static string Suffix(this TextCodec codec) => codec switch { TextCodec.Brotli => "br", TextCodec.Zstd => "zst", _ => "gz" };

    public static (int Default, int Most) Levels(this TextCodec codec) => codec switch { TextCodec.Brotli => (4, 11), TextCodec.Zstd => (3, 19), _ => (6, 9) };

    /// <summary>Compresses a text.</summary>
    /// <returns>False when there is no room for it: of a text as long as the room, when compressing gains nothing.</returns>
    public static bool TryCompress(this TextCodec codec, ReadOnlySpan<byte> text, int level, byte[] room, out int written)
    {
        switch (codec)
        {
            case TextCodec.Brotli:
                return BrotliEncoder.TryCompress(text, room, out written, level, window: 22);
            case TextCodec.Zstd:
                return Zstandard.TryCompress(text, level, room, out written);
            default:
                return TryGzip(text, level, room, out written);
        }
    }

    // One member: what is sought in a backup is a whole piece.
    private static bool TryGzip(ReadOnlySpan<byte> text, int level, byte[] room, out int written)
    {
        using var stream = new MemoryStream(room);
        try
        {
            GzipMember.Write(text, level, stream);
            written = (int)stream.Position;
            return true;
        }
        catch (NotSupportedException)
        {
            // What a stream over an array says when it is full.
            written = 0;
            return false;
        }
    }

    /// <summary>Reads a text of a known length, and stops behind it however much would still come out.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or holds more or less than <paramref name="text"/> has room for.</exception>
    public static void Read(string suffix, ReadOnlyMemory<byte> bytes, Span<byte> text)
    {
        switch (suffix)
        {
            case "br":
                using (var decoder = new BrotliStream(Stream(bytes), CompressionMode.Decompress))
                {
                    ReadBrotli(decoder, text);
                }

                break;
            case "zst":
                Zstandard.Read(bytes.Span, text);
                break;
            case "gz":
                GzipMember.Read(Stream(bytes), text);
                break;
            default:
                throw new InvalidDataException($"compressed with \"{suffix}\", which this program does not know");
        }
    }

    private static MemoryStream Stream(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(bytes.ToArray(), writable: false);

    private static void ReadBrotli(BrotliStream decoder, Span<byte> text)
    {
        try
        {
            var read = decoder.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            if (read < text.Length)
            {
                throw new InvalidDataException($"brotli data ends after {read} of {text.Length} bytes");
            }

            if (decoder.ReadByte() >= 0)
            {
                throw new InvalidDataException($"brotli data holds more than the {text.Length} bytes that were recorded");
            }
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException("the brotli data is damaged", e);
        }
    }
}
