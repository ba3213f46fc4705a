using System.IO.Compression;
using System.IO.Pipelines;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>A good answer whose body is being read. Disposing it gives back the slot, the connection and the counted bytes.</summary>
internal sealed class ApiAnswer : IDisposable
{
    private readonly ApiRequest request;
    private readonly TransportAnswer answer;
    private readonly string host;
    private readonly SemaphoreSlim? slot;
    private readonly CountingStream counted;
    private int disposed;

    private ApiAnswer(ApiRequest request, TransportAnswer answer, CountingStream counted, string host, SemaphoreSlim? slot)
    {
        this.request = request;
        this.answer = answer;
        this.counted = counted;
        this.host = host;
        this.slot = slot;
        Body = PipeReader.Create(counted, new StreamPipeReaderOptions(bufferSize: 16 * 1024));
    }

    public PipeReader Body { get; }

    public static async Task<ApiAnswer> OpenAsync(
        ApiRequest request, TransportAnswer answer, string host, SemaphoreSlim? slot, CancellationToken cancellationToken)
    {
        var stream = await answer.Message.Content.ReadAsStreamAsync(cancellationToken);
        if (answer.Message.Content.Headers.ContentEncoding.Contains("gzip", StringComparer.OrdinalIgnoreCase))
        {
            stream = new GZipStream(stream, CompressionMode.Decompress);
        }

        return new ApiAnswer(request, answer, new CountingStream(stream), host, slot);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        if (!request.Streaming)
        {
            ClientMetrics.BodyRead(request.Verb, host, counted.Count);
        }

        Body.Complete();
        answer.Dispose();
        slot?.Release();
    }

    /// <summary>Counts what is read, for the size metric: answers are chunked and do not announce their length.</summary>
    private sealed class CountingStream(Stream inner) : Stream
    {
        public long Count { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Count += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
