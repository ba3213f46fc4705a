using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>Finds events in a log, also in one that another process writes to. Reads only the blocks that the index does not exclude.</summary>
public sealed class LogReader
{
    private readonly LogPaths _paths;
    private readonly Func<LiveSnapshot>? _live;
    private readonly ConcurrentDictionary<string, SegmentIndex?> _indexes = new(StringComparer.Ordinal);

    /// <param name="liveFile">The log's file, such as <c>logs/audit.log</c>.</param>
    public LogReader(string liveFile)
        : this(new LogPaths(liveFile), null)
    {
    }

    internal LogReader(LogPaths paths, Func<LiveSnapshot>? live) => (_paths, _live) = (paths, live);

    /// <summary>Searches from the beginning.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A sealed segment is damaged; the message names it.</exception>
    public QueryAnswer Find(LogQuery query, CancellationToken cancellationToken = default) => Find(query, query.FirstSeq, [], cancellationToken).Answer;

    /// <summary>Goes on where a search ended.</summary>
    /// <param name="query">What is looked for.</param>
    /// <param name="fromSeq">Events before this one were searched already.</param>
    /// <param name="found">What was found in them; is added to.</param>
    /// <param name="cancellationToken">Stops between two blocks.</param>
    /// <returns>The answer, and the event to go on with.</returns>
    internal (QueryAnswer Answer, long NextSeq) Find(LogQuery query, long fromSeq, List<FoundEvent> found, CancellationToken cancellationToken)
    {
        var search = new Search(query, found, fromSeq, cancellationToken);
        var (live, snapshot, segments) = Open();
        using var closed = live;
        var next = fromSeq;
        foreach (var segment in segments)
        {
            if (search.IsFull)
            {
                break;
            }

            next = Math.Max(next, (segment.LastSeq ?? 0) + 1);
            if (segment.LastSeq is null ? fromSeq == 0 : segment.LastSeq >= fromSeq)
            {
                SearchSegment(segment, search);
            }
        }

        if (live is not null && !search.IsFull)
        {
            snapshot ??= new LiveSnapshot(next == 0 ? 1 : next, 0, live.Length, []);
            SearchLive(live, snapshot, search);
            next = Math.Max(next, snapshot.NextSeq);
        }

        return (new QueryAnswer(found, search.Read, search.Skipped), next);
    }

    /// <summary>What lies there as segments, with their indexes where they have one.</summary>
    internal IEnumerable<(SegmentFile File, SegmentIndex? Index)> Segments() => _paths.Segments().Select(file => (file, IndexOf(file)));

    internal SegmentIndex? IndexOf(SegmentFile segment)
    {
        if (!segment.IsSealed || segment.FirstSeq is null)
        {
            return null;
        }

        try
        {
            return _indexes.GetOrAdd(segment.IndexPath, static path => File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), SegmentJson.Default.SegmentIndex) : null);
        }
        catch (JsonException)
        {
            // Without an index the segment is searched from end to end; verification names the damage.
            return null;
        }
    }

    internal void Forget(SegmentFile segment) => _indexes.TryRemove(segment.IndexPath, out _);

    // A segment that is sealed between two of these steps would be missed or counted twice; then they are done again.
    private (FileStream? Live, LiveSnapshot? Snapshot, List<SegmentFile> Segments) Open()
    {
        while (true)
        {
            var (before, snapshot) = (_paths.Segments(), _live?.Invoke());
            var live = OpenLive();
            var segments = _paths.Segments();
            if (_live?.Invoke().FirstSeq == snapshot?.FirstSeq && segments.LastOrDefault()?.Key == before.LastOrDefault()?.Key)
            {
                return (live, snapshot, segments);
            }

            live?.Dispose();
        }
    }

    private FileStream? OpenLive()
    {
        try
        {
            return new FileStream(_paths.Live, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void SearchSegment(SegmentFile segment, Search search)
    {
        var index = IndexOf(segment);
        if (index is not null && !search.Query.MayBeIn(index.Oldest, index.Newest))
        {
            search.Skipped += index.Blocks.Length;
            return;
        }

        List<SegmentBlock>? blocks = index is null ? null : [.. index.Blocks.Where(search.Wants)];
        if (blocks is { Count: 0 })
        {
            return;
        }

        FileStream file;
        try
        {
            file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            // It was sealed meanwhile and has another name, or retention deleted it.
            if (!segment.IsSealed && _paths.Segments().Find(other => other.Key == segment.Key && other.IsSealed) is { } other)
            {
                SearchSegment(other, search);
            }

            return;
        }

        using (file)
        {
            SearchFile(segment, blocks, file, search);
        }
    }

    private static void SearchFile(SegmentFile segment, List<SegmentBlock>? blocks, FileStream file, Search search)
    {
        if (blocks is null)
        {
            using var text = segment.IsSealed ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            search.Lines(text, segment.FirstSeq ?? 1, long.MaxValue);
            return;
        }

        foreach (var block in blocks.TakeWhile(_ => !search.IsFull))
        {
            search.CancellationToken.ThrowIfCancellationRequested();
            ReadBlock(segment, file, block, search);
        }
    }

    private static void ReadBlock(SegmentFile segment, FileStream file, SegmentBlock block, Search search)
    {
        var stored = ArrayPool<byte>.Shared.Rent(block.Length);
        var text = ArrayPool<byte>.Shared.Rent(block.TextLength);
        try
        {
            file.Position = block.Offset;
            file.ReadExactly(stored, 0, block.Length);
            GzipMember.Read(new MemoryStream(stored, 0, block.Length), text.AsSpan(0, block.TextLength));
            search.Lines(text.AsSpan(0, block.TextLength), block.FirstSeq);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{segment.Path}: damaged between byte {block.Offset} and {block.Offset + block.Length}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static void SearchLive(FileStream file, LiveSnapshot live, Search search)
    {
        var (offset, seq) = (0L, live.FirstSeq);
        foreach (var block in live.Blocks)
        {
            if (search.IsFull)
            {
                return;
            }

            (offset, seq) = (block.Offset + block.Length, block.FirstSeq + block.Events);
            if (search.Wants(block))
            {
                var text = ArrayPool<byte>.Shared.Rent(block.Length);
                file.Position = block.Offset;
                file.ReadExactly(text, 0, block.Length);
                search.Lines(text.AsSpan(0, block.Length), block.FirstSeq);
                ArrayPool<byte>.Shared.Return(text);
            }
        }

        file.Position = offset;
        search.Lines(file, seq, live.Length - offset);
    }

    /// <summary>A search under way.</summary>
    private sealed class Search(LogQuery query, List<FoundEvent> found, long fromSeq, CancellationToken cancellationToken)
    {
        private readonly byte[]? _needle = query.Needle();

        public LogQuery Query => query;

        public CancellationToken CancellationToken => cancellationToken;

        public int Read { get; private set; }

        public int Skipped { get; set; }

        public bool IsFull => found.Count >= query.Limit;

        public bool Wants(SegmentBlock block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var wanted = block.FirstSeq + block.Events > fromSeq && query.MayBeIn(block);
            Skipped += wanted ? 0 : 1;
            return wanted;
        }

        public void Lines(ReadOnlySpan<byte> text, long seq)
        {
            Read++;
            foreach (var range in text[..^1].Split((byte)'\n'))
            {
                Take(text[range], seq++);
                if (IsFull)
                {
                    return;
                }
            }
        }

        /// <summary>A line that is not ended yet is being written.</summary>
        public void Lines(Stream text, long seq, long length)
        {
            Read++;
            var lines = new LineReader(text);
            while (!IsFull && lines.TryRead(out var line) && lines.Ended && lines.Position <= length)
            {
                Take(line, seq++);
                if ((seq & 0xFFF) == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }

        private void Take(ReadOnlySpan<byte> line, long seq)
        {
            if (seq >= fromSeq && query.Matches(line, _needle))
            {
                found.Add(new FoundEvent(seq, line.ToArray()));
            }
        }
    }
}
