using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Files;

namespace Comptroller.Archive.Log;

/// <summary>Makes a closed segment of text into gzip members with an index. Killed at any point, it can be done again.</summary>
internal static class SegmentSealer
{
    /// <param name="paths">Names of the log.</param>
    /// <param name="segment">Text, named by its first and last event.</param>
    /// <param name="previousHead">Chain head before its first line.</param>
    /// <param name="level">gzip level.</param>
    /// <param name="cancellationToken">Leaves the text as it is.</param>
    public static async Task<SegmentIndex> SealAsync(LogPaths paths, SegmentFile segment, ReadOnlyMemory<byte> previousHead, int level, CancellationToken cancellationToken)
    {
        var compressed = paths.Segment(segment.FirstSeq!.Value, segment.LastSeq!.Value, ".log.gz");
        var temporary = DurableFile.Temporary(compressed);
        try
        {
            var index = Write(segment, temporary, previousHead.Span, level, cancellationToken);
            // The index first: alone it is found by nobody, while the segment without it would be searched from end to end.
            await DurableFile.WriteAsync((segment with { Path = compressed }).IndexPath, JsonSerializer.SerializeToUtf8Bytes(index, SegmentJson.Default.SegmentIndex), cancellationToken);
            DurableFile.TakeModeOf(segment.Path, temporary);
            File.Move(temporary, compressed, overwrite: true);
            DurableFile.SyncDirectory(paths.Directory);
            File.Delete(segment.Path);
            return index;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static SegmentIndex Write(SegmentFile segment, string temporary, ReadOnlySpan<byte> previousHead, int level, CancellationToken cancellationToken)
    {
        using var text = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        using var stored = new FileStream(temporary, DurableFile.ClosedToOthers(FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
        using var chain = new LineChain(previousHead);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (lines, builder, blocks) = (new LineReader(text), new BlockBuilder(segment.FirstSeq!.Value), new List<SegmentBlock>());
        var block = new ArrayBufferWriter<byte>(GzipMember.LeastText + (64 << 10));
        while (lines.TryRead(out var line))
        {
            chain.Add(line);
            builder.Add(line);
            block.Write(line);
            block.Write("\n"u8);
            if (builder.IsFull)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Close(block, hash, stored, level, builder, blocks);
            }
        }

        if (block.WrittenCount > 0)
        {
            Close(block, hash, stored, level, builder, blocks);
        }

        stored.Flush(flushToDisk: true);
        stored.Position = 0;
        return new SegmentIndex
        {
            FirstSeq = segment.FirstSeq.Value,
            LastSeq = segment.LastSeq!.Value,
            Bytes = blocks.Sum(each => (long)each.TextLength),
            Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
            StoredBytes = stored.Length,
            StoredSha256 = Convert.ToHexStringLower(SHA256.HashData(stored)),
            PreviousChain = Convert.ToHexStringLower(previousHead),
            Chain = chain.HeadText,
            Oldest = builder.Oldest,
            Newest = builder.Newest,
            Blocks = [.. blocks],
        };
    }

    private static void Close(ArrayBufferWriter<byte> block, IncrementalHash hash, FileStream stored, int level, BlockBuilder builder, List<SegmentBlock> blocks)
    {
        var before = stored.Position;
        hash.AppendData(block.WrittenSpan);
        GzipMember.Write(block.WrittenSpan, level, stored);
        blocks.Add(builder.Take((int)(stored.Position - before)));
        block.ResetWrittenCount();
    }
}
