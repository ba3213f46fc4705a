namespace Comptroller.Archive.Backups;

/// <summary>Lets so many bytes a second through, over all who ask; a piece that was let through is paid for by the next ones.</summary>
internal sealed class BandwidthLimit(long? bytesPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    public Task WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond is not { } rate)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            wait = _free - now;
            _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)bytes / rate);
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }
}
