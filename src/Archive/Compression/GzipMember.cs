using System.IO.Compression;

namespace Comptroller.Archive.Compression;

/// <summary>
/// One member of a gzip file. Members stand one behind the other, so plain <c>zcat</c> reads the file, while one that knows where they begin
/// reads any of them alone and writes several at a time. Below 1 MiB of text a member loses more than a few percent of the ratio.
/// </summary>
public static class GzipMember
{
    /// <summary>Least text of a member, in bytes.</summary>
    public const int LeastText = 1 << 20;

    /// <param name="text">What is compressed.</param>
    /// <param name="level">1 to 9; 6 is the best of them for audit logs, 9 is slower and on some larger.</param>
    /// <param name="output">Gets one whole member.</param>
    public static void Write(ReadOnlySpan<byte> text, int level, Stream output)
    {
        using var gzip = new GZipStream(output, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);
        gzip.Write(text);
    }

    /// <summary>Reads one member, or several, whose text has a known length.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or holds more or less than <paramref name="text"/> has room for.</exception>
    public static void Read(Stream members, Span<byte> text)
    {
        using var gzip = new GZipStream(members, CompressionMode.Decompress, leaveOpen: true);
        var read = gzip.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        if (read < text.Length)
        {
            throw new InvalidDataException($"gzip data ends after {read} of {text.Length} bytes");
        }

        if (gzip.ReadByte() >= 0)
        {
            throw new InvalidDataException($"gzip data holds more than the {text.Length} bytes that were recorded");
        }
    }
}
