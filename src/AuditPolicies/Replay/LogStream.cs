using System.IO.Compression;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Opens a log by what it is, not by its name: rotated files are gzip with or without <c>.gz</c>, and standard input has no name.</summary>
internal static class LogStream
{
    /// <summary>The log's text. Closing it leaves <paramref name="log"/> open.</summary>
    public static Stream Open(Stream log)
    {
        Span<byte> start = stackalloc byte[2];
        start = start[..log.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        var whole = new PeekedStream(start.ToArray(), log);
        // The host switches strict validation on (System.IO.Compression.UseStrictValidation); otherwise a file that was cut would just end.
        return start.SequenceEqual<byte>([0x1f, 0x8b]) ? new GZipStream(whole, CompressionMode.Decompress) : whole;
    }

    /// <summary>Hands out what was read to look at it, then the rest.</summary>
    private sealed class PeekedStream(ReadOnlyMemory<byte> start, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> _start = start;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            if (_start.IsEmpty)
            {
                return rest.Read(buffer);
            }

            var length = Math.Min(_start.Length, buffer.Length);
            _start.Span[..length].CopyTo(buffer);
            _start = _start[length..];
            return length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
