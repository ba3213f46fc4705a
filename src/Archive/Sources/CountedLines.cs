namespace Comptroller.Archive.Sources;

/// <summary>An answer that is read to its end and then judged by its lines.</summary>
/// <param name="response">The answer.</param>
/// <param name="patience">Between two reads.</param>
/// <param name="judge">Throws when the lines are not all.</param>
internal sealed class CountedLines(HttpResponseMessage response, TimeSpan patience, Func<long, CancellationToken, Task> judge) : Stream
{
    private Stream? _content;
    private long _lines;
    private byte _last = (byte)'\n';
    private bool _judged;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _content ??= await response.Content.ReadAsStreamAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var read = await _content.ReadAsync(buffer, limit.Token);
            _lines += buffer.Span[..read].Count((byte)'\n');
            _last = read > 0 ? buffer.Span[read - 1] : _last;
            if (read == 0 && buffer.Length > 0 && !_judged)
            {
                _judged = true;
                await judge(_last == (byte)'\n' ? _lines : _lines + 1, cancellationToken);
            }

            return read;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {patience.TotalSeconds:0} s, after {_lines} events", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

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
            response.Dispose();
        }

        base.Dispose(disposing);
    }
}
