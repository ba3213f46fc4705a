using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>Re-reads a whole log: every byte of every sealed segment, the chain through all of them, and what the live one's marks say.</summary>
public static class LogVerification
{
    /// <param name="liveFile">The log's file.</param>
    /// <param name="cancellationToken">Stops between two lines.</param>
    public static LogVerdict Verify(string liveFile, CancellationToken cancellationToken = default)
    {
        var paths = new LogPaths(liveFile);
        var reader = new LogReader(paths, live: null);
        var (problems, events, segments) = (ImmutableArray.CreateBuilder<string>(), 0L, 0);
        SegmentIndex? before = null;
        foreach (var segment in paths.Segments().Where(segment => segment.FirstSeq is not null))
        {
            var name = Path.GetFileName(segment.Path);
            segments++;
            if (!segment.IsSealed)
            {
                continue;
            }

            if (reader.IndexOf(segment) is not { } index)
            {
                problems.Add($"{name}: no index that can be read beside it");
                before = null;
                continue;
            }

            if (before is not null && before.LastSeq + 1 != index.FirstSeq)
            {
                problems.Add($"events {before.LastSeq + 1} to {index.FirstSeq - 1} are missing: no segment holds them");
            }
            else if (before is not null && before.Chain != index.PreviousChain)
            {
                problems.Add($"{name}: does not go on from the segment before");
            }

            events += index.LastSeq - index.FirstSeq + 1;
            problems.AddRange(Check(segment, index, cancellationToken).Select(problem => $"{name}: {problem}"));
            before = index;
        }

        events += CheckLive(paths, before, problems);
        return new LogVerdict(events, segments, problems.ToImmutable());
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
        var (lines, head, problem) = Walk(gzip, index, cancellationToken);
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
    }

    private static (long Lines, string Head, string? Problem) Walk(Stream text, SegmentIndex index, CancellationToken cancellationToken)
    {
        using var chain = new LineChain(Convert.FromHexString(index.PreviousChain));
        var (reader, count) = (new LineReader(text), 0L);
        try
        {
            while (reader.TryRead(out var line))
            {
                chain.Add(line);
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

    private static long CheckLive(LogPaths paths, SegmentIndex? before, ImmutableArray<string>.Builder problems)
    {
        var marks = ChainFile.Read(paths.Chain);
        if (!File.Exists(paths.Live) || marks.Count == 0)
        {
            return 0;
        }

        var name = Path.GetFileName(paths.Live);
        if (before is not null && (marks[0].Seq != before.LastSeq || Convert.ToHexStringLower(marks[0].Head) != before.Chain))
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
}

/// <summary>What a verification found.</summary>
/// <param name="Events">Events that were read.</param>
/// <param name="Segments">Segments besides the live one.</param>
/// <param name="Problems">Empty when all is as it was written.</param>
public sealed record LogVerdict(long Events, int Segments, ImmutableArray<string> Problems);
