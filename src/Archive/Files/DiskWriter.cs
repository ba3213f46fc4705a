namespace Comptroller.Archive.Files;

/// <summary>Writes a long file front to back, and lets the disk begin meanwhile: one sync at the end would have to wait for all of it.</summary>
internal sealed class DiskWriter(FileStream file) : IAsyncDisposable
{
    /// <summary>Bytes that are written before the disk is told to take them.</summary>
    private const long Stretch = 32 << 20;

    private Task _flushing = Task.CompletedTask;
    private long _written;
    private long _flushed;

    /// <exception cref="IOException">The disk did not take it, or something before it.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await file.WriteAsync(bytes, cancellationToken);
        _written += bytes.Length;
        if (_written - _flushed >= Stretch && _flushing.IsCompleted)
        {
            await _flushing;
            _flushed = _written;
            _flushing = Task.Run(() => RandomAccess.FlushToDisk(file.SafeFileHandle), CancellationToken.None);
        }
    }

    /// <summary>Returns when all of it is on the disk.</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public async Task EndAsync()
    {
        await _flushing;
        file.Flush(flushToDisk: true);
    }

    public async ValueTask DisposeAsync() => await _flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
