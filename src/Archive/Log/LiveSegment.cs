using System.Collections.Immutable;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>The segment that is written to. One writer; <see cref="Snapshot"/> may be called by anybody.</summary>
internal sealed class LiveSegment : IDisposable
{
    /// <summary>How many lines may pass until the chain head is noted; a tick of the log notes it sooner.</summary>
    private const int LinesPerMark = 256;

    private readonly FileStream _file;
    private readonly ChainFile _marks;
    private readonly LineChain _chain;
    private readonly BlockBuilder _blocks;
    private readonly Lock _lock = new();
    private ImmutableList<SegmentBlock> _full = [];
    private long _marked;

    private LiveSegment(FileStream file, ChainFile marks, LineChain chain, BlockBuilder blocks, long firstSeq, DateTimeOffset begunAt)
    {
        (_file, _marks, _chain, _blocks, FirstSeq, BegunAt) = (file, marks, chain, blocks, firstSeq, begunAt);
        _marked = LastSeq;
    }

    public long FirstSeq { get; }

    public long LastSeq => _blocks.NextSeq - 1;

    public long Length { get; private set; }

    /// <summary>When it was begun. Not the time of its first event, which may be of long ago: each event of an imported log would be a segment of its own.</summary>
    public DateTimeOffset BegunAt { get; private set; }

    public ReadOnlySpan<byte> Head => _chain.Head;

    /// <summary>Begins an empty segment.</summary>
    public static async Task<LiveSegment> CreateAsync(LogPaths paths, long firstSeq, ReadOnlyMemory<byte> previousHead, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var marks = await ChainFile.CreateAsync(paths.Chain, firstSeq - 1, previousHead, cancellationToken);
        var file = new FileStream(paths.Live, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        DurableFile.SyncDirectory(paths.Directory);
        return new LiveSegment(file, marks, new LineChain(previousHead.Span), new BlockBuilder(firstSeq), firstSeq, now);
    }

    /// <summary>Takes up a segment as the process before left it; cuts off what it never acknowledged.</summary>
    public static async Task<(LiveSegment Segment, LogRecovery Recovery)> ResumeAsync(
        LogPaths paths, long firstSeq, ReadOnlyMemory<byte> previousHead, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var marks = ChainFile.Read(paths.Chain);
        var known = marks.Count > 0 && marks[0].Seq == firstSeq - 1;
        var file = new FileStream(paths.Live, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        var segment = new LiveSegment(
            file,
            known ? ChainFile.Open(paths.Chain) : await ChainFile.CreateAsync(paths.Chain, firstSeq - 1, previousHead, cancellationToken),
            new LineChain(previousHead.Span),
            new BlockBuilder(firstSeq),
            firstSeq,
            now);
        var recovery = segment.Recover(paths, known ? marks : [], now);
        // Not of the system before: such a log has neither segments with numbers nor a state.
        if (!known && (firstSeq > 1 || File.Exists(paths.State)))
        {
            recovery = recovery with { Damage = [.. recovery.Damage, $"{Path.GetFileName(paths.Chain)} {(marks.Count == 0 ? "is gone" : "is that of another segment")}: nothing proves the events from {firstSeq} on"] };
        }

        // Lines behind the last note are noted now; from here on, a change of them is found as well.
        segment._marked = known ? marks[^1].Seq : firstSeq - 1;
        segment.Mark();
        // Nothing else knows how old it is.
        segment.BegunAt = segment._blocks.Oldest is { } oldest && oldest < now ? oldest : now;
        return (segment, recovery);
    }

    /// <summary>Writes whole lines and makes them durable.</summary>
    /// <exception cref="IOException">The disk did not take them; none of them is in the log.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, lines, Length);
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
        }
        catch (IOException)
        {
            // Some disks are full only when they are told to sync. Half a batch would otherwise become the beginning of the next one's first line.
            _file.SetLength(Length);
            throw;
        }

        lock (_lock)
        {
            foreach (var line in lines[..^1].Split((byte)'\n'))
            {
                Count(lines[line]);
            }

            Length += lines.Length;
        }

        if (LastSeq - _marked >= LinesPerMark)
        {
            Mark();
        }
    }

    /// <summary>Notes the chain head if lines came since the last note; on a full disk, the next time.</summary>
    public void Mark()
    {
        if (LastSeq > _marked && _marks.TryMark(LastSeq, _chain.Head))
        {
            _marked = LastSeq;
        }
    }

    /// <summary>What is durable now.</summary>
    public LiveSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new LiveSnapshot(FirstSeq, _blocks.NextSeq, Length, _full);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _marks.Dispose();
        _chain.Dispose();
    }

    private void Count(ReadOnlySpan<byte> line)
    {
        _chain.Add(line);
        _blocks.Add(line);
        if (_blocks.IsFull)
        {
            _full = _full.Add(_blocks.Take(_blocks.TextLength));
        }
    }

    private LogRecovery Recover(LogPaths paths, IReadOnlyList<(long Seq, byte[] Head)> marks, DateTimeOffset now)
    {
        var damage = new List<string>();
        var lastMark = marks.Count == 0 ? 0 : marks[^1].Seq;
        var (next, lines, sound, fromAltered) = (1, new LineReader(_file), 0L, false);
        while (lines.TryRead(out var line))
        {
            var number = LastSeq + 1;
            // A page that never reached the disk reads as zeros, with lines of the same batch behind it: nothing of the batch was acknowledged.
            if (number > lastMark && (!lines.Ended || line.Contains((byte)0)) && !(line.StartsWith("{"u8) && EventLine.TryRead(line, out _)))
            {
                break;
            }

            if (!lines.Ended)
            {
                RandomAccess.Write(_file.SafeFileHandle, "\n"u8, lines.Position);
            }

            if (!EventLine.TryRead(line, out _))
            {
                damage.Add($"event {number} cannot be read");
            }

            Count(line);
            sound = lines.Position + (lines.Ended ? 0 : 1);
            if (next < marks.Count && marks[next].Seq == number)
            {
                if (!fromAltered && !_chain.Head.SequenceEqual(marks[next].Head))
                {
                    // Every mark behind the first wrong one is wrong as well.
                    damage.Add($"events {marks[next - 1].Seq + 1} to {number} are not as they were written");
                    fromAltered = true;
                }

                next++;
            }
        }

        if (next < marks.Count)
        {
            damage.Add($"events {LastSeq + 1} to {lastMark} are missing at the end");
        }

        Length = sound;
        var torn = _file.Length - sound;
        return new LogRecovery
        {
            TornBytes = torn,
            TornFile = torn > 0 ? CutOff(paths, sound, now) : null,
            Damage = [.. damage],
            Adopted = marks.Count == 0 ? LastSeq - FirstSeq + 1 : 0,
        };
    }

    // What is cut off is evidence of a crash; it is kept beside the log.
    private string CutOff(LogPaths paths, long from, DateTimeOffset now)
    {
        var path = paths.Torn(now);
        using (var torn = new FileStream(path, DurableFile.ClosedToOthers(FileMode.Create, FileAccess.Write, FileShare.None)))
        {
            _file.Position = from;
            _file.CopyTo(torn);
            torn.Flush(flushToDisk: true);
        }

        DurableFile.TakeModeOf(paths.Live, path);

        _file.SetLength(from);
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        return path;
    }
}

/// <summary>A moment of the live segment.</summary>
/// <param name="FirstSeq">Number of its first event.</param>
/// <param name="NextSeq">Number of the event that will come next.</param>
/// <param name="Length">Bytes that are durable.</param>
/// <param name="Blocks">The blocks that are full; lines may stand behind them.</param>
internal sealed record LiveSnapshot(long FirstSeq, long NextSeq, long Length, ImmutableList<SegmentBlock> Blocks);
