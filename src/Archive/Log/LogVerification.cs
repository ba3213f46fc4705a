using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>Re-reads a whole log: every byte of every sealed segment, the chain through all of them, and what the live one's marks say.</summary>
public static class LogVerification
{
    /// <summary>A writer does not begin segments that fast.</summary>
    private const int MostLooks = 5;

    /// <param name="liveFile">The log's file.</param>
    /// <param name="cancellationToken">Stops between two lines.</param>
    public static LogVerdict Verify(string liveFile, CancellationToken cancellationToken = default)
    {
        var paths = new LogPaths(liveFile);
        for (var looks = 1; ; looks++)
        {
            var before = Shape(paths);
            try
            {
                var verdict = Look(paths, cancellationToken);
                if (verdict.Problems.IsEmpty || looks == MostLooks || Shape(paths) == before)
                {
                    return verdict;
                }
            }
            catch (FileNotFoundException) when (looks < MostLooks)
            {
                // Sealed meanwhile, or deleted by retention.
            }

            // A writer that began a segment meanwhile leaves parts in hands that do not fit each other: that is no tampering.
        }
    }

    private static string Shape(LogPaths paths) =>
        string.Join(' ', paths.Segments().Select(segment => Path.GetFileName(segment.Path))) + (ChainFile.Read(paths.Chain) is [var first, ..] ? $" {first.Seq}" : "");

    private static LogVerdict Look(LogPaths paths, CancellationToken cancellationToken)
    {
        var reader = new LogReader(paths, live: null);
        var (problems, events, segments) = (ImmutableArray.CreateBuilder<string>(), 0L, 0);
        ChainEnd? before = null;
        foreach (var segment in paths.Segments().Where(segment => segment.FirstSeq is not null))
        {
            var name = Path.GetFileName(segment.Path);
            var (first, last) = (segment.FirstSeq!.Value, segment.LastSeq!.Value);
            segments++;
            if (before is not null && before.LastSeq + 1 != first)
            {
                problems.Add($"events {before.LastSeq + 1} to {first - 1} are missing: no segment holds them");
                before = null;
            }

            if (!segment.IsSealed)
            {
                events += last - first + 1;
                before = CheckUnsealed(segment, before, problems, cancellationToken);
                continue;
            }

            if (reader.IndexOf(segment) is not { } index || index.FirstSeq != first || index.LastSeq != last || !IsHead(index.PreviousChain))
            {
                problems.Add($"{name}: no index that can be read beside it");
                before = null;
                continue;
            }

            if (before is not null && before.Head != index.PreviousChain)
            {
                problems.Add($"{name}: does not go on from the segment before");
            }

            events += last - first + 1;
            problems.AddRange(Check(segment, index, cancellationToken).Select(problem => $"{name}: {problem}"));
            before = new ChainEnd(last, index.Chain);
        }

        events += CheckLive(paths, before, problems);
        return new LogVerdict(events, segments, problems.ToImmutable());
    }

    private static bool IsHead(string text) => text.Length == 2 * LineChain.Length && text.All(char.IsAsciiHexDigitLower);

    // Text that waits to be sealed: what comes behind it tells whether it still is what it was.
    private static ChainEnd? CheckUnsealed(SegmentFile segment, ChainEnd? before, ImmutableArray<string>.Builder problems, CancellationToken cancellationToken)
    {
        var (first, last) = (segment.FirstSeq!.Value, segment.LastSeq!.Value);
        if (before is null && first > 1)
        {
            return null;
        }

        using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        var (lines, head, _) = Walk(file, before?.Head ?? Convert.ToHexStringLower(new byte[LineChain.Length]), check: null, cancellationToken);
        if (lines != last - first + 1)
        {
            problems.Add($"{Path.GetFileName(segment.Path)}: holds {lines} events instead of {last - first + 1}");
        }

        return new ChainEnd(last, head);
    }

    private static IEnumerable<string> Check(SegmentFile segment, SegmentIndex index, CancellationToken cancellationToken)
    {
        using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != index.StoredSha256)
        {
            // Reading on tells which events; a file that only was compressed anew has all of them.
            yield return "its bytes are not those that were sealed";
        }

        file.Position = 0;
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var check = new IndexCheck(index);
        var (lines, head, problem) = Walk(gzip, index.PreviousChain, check, cancellationToken);
        if (problem is not null)
        {
            yield return $"damaged behind event {index.FirstSeq + lines - 1}: {problem}";
        }
        else if (lines != index.LastSeq - index.FirstSeq + 1)
        {
            yield return $"holds {lines} events instead of {index.LastSeq - index.FirstSeq + 1}";
        }
        else if (head != index.Chain)
        {
            yield return $"events {index.FirstSeq} to {index.LastSeq} are not those that were sealed";
        }
        else if (!check.Holds(file.Length))
        {
            yield return $"{Path.GetFileName(segment.IndexPath)} is not that of its events: what it leaves out is not found";
        }
    }

    private static (long Lines, string Head, string? Problem) Walk(Stream text, string previousHead, IndexCheck? check, CancellationToken cancellationToken)
    {
        using var chain = new LineChain(Convert.FromHexString(previousHead));
        var (reader, count) = (new LineReader(text), 0L);
        try
        {
            while (reader.TryRead(out var line))
            {
                chain.Add(line);
                check?.Add(line);
                if ((++count & 0xFFF) == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch (InvalidDataException e)
        {
            return (count, chain.HeadText, e.Message);
        }

        return (count, chain.HeadText, null);
    }

    private static long CheckLive(LogPaths paths, ChainEnd? before, ImmutableArray<string>.Builder problems)
    {
        var (name, marks) = (Path.GetFileName(paths.Live), ChainFile.Read(paths.Chain));
        if (!File.Exists(paths.Live))
        {
            if (marks is [.., var newest] && newest.Seq > (before?.LastSeq ?? marks[0].Seq))
            {
                problems.Add($"{name}: missing; events {(before?.LastSeq ?? marks[0].Seq) + 1} to {newest.Seq} were in it");
            }

            return 0;
        }

        if (marks.Count == 0)
        {
            // Also a log of the system before that was not taken up yet: it never had one.
            problems.Add($"{name}: no {Path.GetFileName(paths.Chain)} beside it, so nothing proves what it holds");
            return 0;
        }

        if (before is not null && (marks[0].Seq != before.LastSeq || Convert.ToHexStringLower(marks[0].Head) != before.Head))
        {
            problems.Add($"{name}: does not go on from the segment before");
        }

        using var file = new FileStream(paths.Live, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var chain = new LineChain(marks[0].Head);
        var (reader, seq, next) = (new LineReader(file), marks[0].Seq, 1);
        while (reader.TryRead(out var line) && reader.Ended)
        {
            chain.Add(line);
            seq++;
            if (next < marks.Count && marks[next].Seq == seq && !chain.Head.SequenceEqual(marks[next++].Head))
            {
                problems.Add($"{name}: events {marks[next - 2].Seq + 1} to {seq} are not as they were written");
                return seq - marks[0].Seq;
            }
        }

        if (next < marks.Count)
        {
            problems.Add($"{name}: events {seq + 1} to {marks[^1].Seq} are missing at the end");
        }

        return seq - marks[0].Seq;
    }

    /// <summary>What the next segment must go on from.</summary>
    private sealed record ChainEnd(long LastSeq, string Head);
}

/// <summary>What a verification found.</summary>
/// <param name="Events">Events that were read.</param>
/// <param name="Segments">Segments besides the live one.</param>
/// <param name="Problems">Empty when all is as it was written.</param>
public sealed record LogVerdict(long Events, int Segments, ImmutableArray<string> Problems);
