using System.IO.Compression;
using System.IO.Pipelines;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Opens a log by what it is, not by its name: rotated files are gzip with or without <c>.gz</c>, and standard input has no name.</summary>
internal static class LogStream
{
    private const int PeekLength = 2;

    /// <summary>The log's text. Closing it leaves <paramref name="log"/> open.</summary>
    public static async ValueTask<Stream> OpenAsync(Stream log, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(log, new StreamPipeReaderOptions(bufferSize: LineReader.BufferLength, leaveOpen: true));
        var start = await pipe.ReadAtLeastAsync(PeekLength, cancellationToken);
        var isCompressed = IsGzip(start);
        pipe.AdvanceTo(start.Buffer.Start);
        var text = pipe.AsStream();
        // The host switches strict validation on (System.IO.Compression.UseStrictValidation); otherwise a file that was cut would just end.
        return isCompressed ? new GZipStream(text, CompressionMode.Decompress) : text;
    }

    private static bool IsGzip(ReadResult start) =>
        start.Buffer.FirstSpan.StartsWith<byte>([0x1f, 0x8b]);
}
