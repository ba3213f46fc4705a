using System.Text.Json;
using System.Threading.Channels;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>
/// An append-only log of audit events. An append returns when its event is on the disk: appends that come while one is written are written
/// together (group commit). When the disk is slower than the callers they wait; nothing is dropped. One process writes to a log, any number read.
/// </summary>
public sealed class AuditLog : IAsyncDisposable
{
    private static readonly TimeSpan RetentionEvery = TimeSpan.FromHours(1);

    private readonly LogPaths _paths;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly DirectoryLock _lock;
    private readonly Channel<PendingAppend> _queue;
    private readonly ChannelReader<PendingAppend> _incoming;
    private readonly Channel<PendingAppend> _free;
    private readonly LogReader _reader;
    private readonly QueryCache _cache;
    private readonly LogCounters _counters;
    private readonly DateTimeOffset _startedAt;
    private readonly CancellationTokenSource _closing = new();
    private readonly PendingAppend _tick = new();
    private LiveSegment _live;
    private Task _sealing = Task.CompletedTask;
    private Task _writer = Task.CompletedTask;
    private Task _ticker = Task.CompletedTask;
    private byte[] _batch = new byte[64 << 10];
    private volatile string? _failure;
    private bool _disposed;

    private AuditLog(LogPaths paths, LogOptions options, TimeProvider time, DirectoryLock directoryLock, LiveSegment live, LogRecovery recovery)
    {
        (_paths, _options, _time, _lock, _live, Recovery) = (paths, options, time, directoryLock, live, recovery);
        _queue = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true });
        _incoming = _queue.Reader;
        // As many as can be under way; more callers than that wait for room anyway.
        _free = Channel.CreateBounded<PendingAppend>(options.QueueCapacity + options.Tuning.BufferSize);
        _reader = new LogReader(paths, () => Volatile.Read(ref _live).Snapshot());
        _cache = new QueryCache(options.Tuning.CacheSize);
        _counters = new LogCounters(time);
        _startedAt = time.GetUtcNow();
    }

    /// <summary>What opening it had to repair.</summary>
    public LogRecovery Recovery { get; }

    /// <summary>Number of the last event that is durable.</summary>
    public long LastSeq => Volatile.Read(ref _live).Snapshot().NextSeq - 1;

    /// <summary>Opens a log, or begins one. What a crash left half written is repaired, kept aside and told in <see cref="Recovery"/> and in the log itself.</summary>
    /// <param name="liveFile">Such as <c>logs/audit.log</c>; a log of the system before is taken up as it is.</param>
    /// <param name="options">How it is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Another process writes to it, or the disk is not usable.</exception>
    public static async Task<AuditLog> OpenAsync(string liveFile, LogOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var paths = new LogPaths(liveFile);
        var held = DirectoryLock.Take(paths.Lock, $"{paths.Live}: another process writes to this log; append through it, or stop it first");
        try
        {
            var (live, recovery) = await LogOpening.OpenAsync(paths, options, time.GetUtcNow(), cancellationToken);
            var log = new AuditLog(paths, options, time, held, live, recovery);
            log._writer = Task.Run(log.WriteAsync, CancellationToken.None);
            log._ticker = Task.Run(log.TickAsync, CancellationToken.None);
            if (!recovery.IsClean)
            {
                await log.AppendAsync(recovery.ToEvent(), cancellationToken);
            }

            await log.WriteStateAsync(closed: false, cancellationToken);
            return log;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Appends an event; returns its number when it is durable. Waits while the queue is full.</summary>
    /// <param name="auditEvent">The event.</param>
    /// <param name="cancellationToken">Leaves the queue. Once the event is taken, it is written whatever happens.</param>
    /// <exception cref="EventRefusedException">The event is not one that the log takes.</exception>
    /// <exception cref="IOException">The disk did not take it: it is not in the log.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public async ValueTask<long> AppendAsync(AuditEvent auditEvent, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var append = _free.Reader.TryRead(out var used) ? used : new PendingAppend();
        try
        {
            append.Prepare(_options.Personal?.Conceal(auditEvent) ?? auditEvent, _time.GetUtcNow());
        }
        catch (EventRefusedException)
        {
            _counters.Trouble(isWrite: false);
            _free.Writer.TryWrite(append);
            throw;
        }

        if (!_queue.Writer.TryWrite(append))
        {
            _counters.Delayed();
            try
            {
                await _queue.Writer.WriteAsync(append, cancellationToken);
            }
            catch (ChannelClosedException e)
            {
                throw new ObjectDisposedException($"{_paths.Live}: closed before the event was taken", e);
            }
        }

        try
        {
            return await append.Task;
        }
        finally
        {
            _free.Writer.TryWrite(append);
        }
    }

    /// <summary>Finds events, from the cache where it can.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A sealed segment is damaged.</exception>
    public QueryAnswer Find(LogQuery query, CancellationToken cancellationToken) => _cache.Find(query, _reader, LastSeq + 1, cancellationToken);

    /// <summary>Writes what is queued, seals nothing, leaves the state as closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _closing.CancelAsync();
        await _ticker;
        _queue.Writer.TryComplete();
        await _writer;
        await _sealing;
        if (_failure is null)
        {
            _live.Mark();
        }

        await WriteStateAsync(closed: true, CancellationToken.None);
        _live.Dispose();
        _lock.Dispose();
        _closing.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<PendingAppend>(_options.Tuning.BufferSize);
        while (await _incoming.WaitToReadAsync())
        {
            var ticked = false;
            while (batch.Count < _options.Tuning.BufferSize && _incoming.TryRead(out var append))
            {
                ticked |= append == _tick;
                if (append != _tick)
                {
                    batch.Add(append);
                }
            }

            if (batch.Count > 0)
            {
                Commit(batch);
                batch.Clear();
            }

            if (_failure is null)
            {
                await RollWhenDueAsync(ticked);
            }

            // Those whose events were just written go on first, and their next ones come into the next batch and not into the one behind it:
            // with twenty writers twice as many events share a sync.
            await Task.Yield();
        }
    }

    private void Commit(List<PendingAppend> batch)
    {
        if (_failure is { } failure)
        {
            batch.ForEach(append => append.Fail(new IOException(failure)));
            return;
        }

        var length = 0;
        foreach (var append in batch)
        {
            if (length + append.Line.Length > _batch.Length)
            {
                Array.Resize(ref _batch, Math.Max(_batch.Length * 2, length + append.Line.Length));
            }

            append.Line.Span.CopyTo(_batch.AsSpan(length));
            length += append.Line.Length;
        }

        var first = _live.LastSeq + 1;
        try
        {
            _live.Append(_batch.AsSpan(0, length));
        }
        catch (Exception e)
        {
            _counters.Trouble(isWrite: true);
            Refuse(batch, e);
            return;
        }

        _counters.Written(batch);
        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].Complete(first + i);
        }
    }

    private void Refuse(List<PendingAppend> batch, Exception e)
    {
        // A disk that is full may have room again. After anything else nobody knows which pages reached it (a failed fsync drops them), so the
        // log takes nothing more until it is opened anew and looks.
        if (!IsDiskFull(e))
        {
            _failure = $"{_paths.Live}: writing failed, the log takes no more events until it is opened again: {e.Message}";
        }

        var error = new IOException($"{_paths.Live}: the event was not written: {e.Message}", e);
        batch.ForEach(append => append.Fail(error));
    }

    private static bool IsDiskFull(Exception e) => e is IOException && (e.HResult is 28 or 122 or unchecked((int)0x80070070)); // ENOSPC, EDQUOT, and what .NET makes of them

    private async Task RollWhenDueAsync(bool ticked)
    {
        try
        {
            if (ticked)
            {
                _live.Mark();
            }

            var isOld = _time.GetUtcNow() - _live.BegunAt >= _options.SegmentAge;
            if (_live.Length >= _options.SegmentBytes || (isOld && _live.Length > 0))
            {
                await RollAsync();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _counters.Trouble(isWrite: true);
            _failure = $"{_paths.Live}: a new segment could not be begun: {e.Message}";
        }
    }

    private async Task RollAsync()
    {
        var old = _live;
        old.Mark();
        var (head, before) = (old.Head.ToArray(), ChainFile.Read(_paths.Chain)[0].Head);
        var segment = new SegmentFile(_paths.Segment(old.FirstSeq, old.LastSeq, ".log"), $"{old.FirstSeq:D20}-{old.LastSeq:D20}", old.FirstSeq, old.LastSeq);
        File.Move(_paths.Live, segment.Path);
        DurableFile.SyncDirectory(_paths.Directory);
        try
        {
            Volatile.Write(ref _live, await LiveSegment.CreateAsync(_paths, old.LastSeq + 1, head, _time.GetUtcNow(), CancellationToken.None));
        }
        catch (IOException e) when (IsDiskFull(e) && ChainFile.Read(_paths.Chain)[0].Seq == old.FirstSeq - 1)
        {
            // Nothing of the new segment is there. The old one grows on until there is room, and takes what still fits.
            File.Move(segment.Path, _paths.Live);
            DurableFile.SyncDirectory(_paths.Directory);
            _counters.Trouble(isWrite: true);
            return;
        }

        // Who closed the log to others finds the next segment closed as well; nothing is in it yet.
        DurableFile.TakeModeOf(segment.Path, _paths.Live);
        old.Dispose();
        // One after the other: a burst leaves text behind that waits on the disk, not threads.
        _sealing = SealAsync(_sealing, segment, before);
    }

    private async Task SealAsync(Task before, SegmentFile segment, byte[] previousHead)
    {
        await before;
        try
        {
            await Task.Run(() => SegmentSealer.SealAsync(_paths, segment, previousHead, _options.Tuning.CompressionLevel, CancellationToken.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The text stays, is searched as it is, and is sealed when the log is opened the next time.
            _counters.Trouble(isWrite: true);
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(_options.Tuning.FlushInterval, _time);
        var retained = DateTimeOffset.MinValue;
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                // A full queue is being written, and the writer looks after every batch.
                _queue.Writer.TryWrite(_tick);
                await WriteStateAsync(closed: false, _closing.Token);
                if (_time.GetUtcNow() - retained >= RetentionEvery)
                {
                    retained = _time.GetUtcNow();
                    await TryRetainAsync();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Closing, perhaps between two segments that are to go: they go the next time.
        }
    }

    private async Task TryRetainAsync()
    {
        try
        {
            await RetainAsync(_closing.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk took no event of it, so nothing was deleted; an hour later is early enough.
            _counters.Trouble(isWrite: true);
        }
    }

    private async Task RetainAsync(CancellationToken cancellationToken)
    {
        if (_options.Retention is not { } keep)
        {
            return;
        }

        var expired = LogRetention.Expired([.. _reader.Segments()], _time.GetUtcNow() - keep);
        foreach (var (file, index) in expired)
        {
            // Told before it is done: a deletion without its event would look like tampering.
            await AppendAsync(LogRetention.Deletion(file, index), cancellationToken);
            File.Delete(file.Path);
            File.Delete(file.IndexPath);
            _reader.Forget(file);
            _cache.Clear();
        }
    }

    private async Task WriteStateAsync(bool closed, CancellationToken cancellationToken)
    {
        var state = _counters.Take(new LogState
        {
            ProcessId = Environment.ProcessId,
            StartedAt = _startedAt,
            UpdatedAt = _time.GetUtcNow(),
            FlushIntervalSeconds = _options.Tuning.FlushInterval.TotalSeconds,
            Closed = closed,
            Endpoint = _options.Endpoint,
            Failure = _failure,
            Queued = _incoming.Count,
            QueueCapacity = _options.QueueCapacity,
            CacheEntries = _cache.Count,
            CacheCapacity = _options.Tuning.CacheSize,
            CacheHits = _cache.Hits,
            CacheLookups = _cache.Lookups,
        });
        try
        {
            // One name for all of them: on a full disk each leaves an empty file behind.
            var temporary = $"{_paths.State}{DurableFile.Unfinished}";
            await File.WriteAllBytesAsync(temporary, JsonSerializer.SerializeToUtf8Bytes(state, LogStateJson.Default.LogState), cancellationToken);
            File.Move(temporary, _paths.State, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk. The state gets old, which is what a health check then says.
        }
    }
}
