namespace Comptroller.Archive.Log;

/// <summary>Brings a log into the order that a writer needs: everything but one segment sealed, numbers and chain going on where they ended.</summary>
internal static class LogOpening
{
    public static async Task<(LiveSegment Live, LogRecovery Recovery)> OpenAsync(LogPaths paths, LogOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var partial in Directory.EnumerateFiles(paths.Directory, $"{paths.Stem}.*.partial"))
        {
            File.Delete(partial);
        }

        var (last, head, late) = await SealAsync(paths, options, cancellationToken);
        var marks = ChainFile.Read(paths.Chain);
        // After retention deleted all that was sealed, only the beginning of the chain file still knows how far the log had come.
        if (marks is [var first, ..] && first.Seq >= last)
        {
            (last, head) = first;
        }

        if (!File.Exists(paths.Live))
        {
            var recovery = LogRecovery.Clean with { SealedLate = late };
            if (marks is [.., var newest] && newest.Seq > last)
            {
                // Numbers go on behind those that are gone: no two events ever had the same one, and the gap stays to be seen.
                recovery = recovery with { Damage = [$"events {last + 1} to {newest.Seq} are missing: {Path.GetFileName(paths.Live)} is gone"] };
                (last, head) = newest;
            }

            return (await LiveSegment.CreateAsync(paths, last + 1, head, now, cancellationToken), recovery);
        }

        var (live, resumed) = await LiveSegment.ResumeAsync(paths, last + 1, head, now, cancellationToken);
        return (live, resumed with { SealedLate = late });
    }

    // Every segment that was rotated is sealed before the next event is taken, so that each has the head of the one before.
    private static async Task<(long Last, byte[] Head, int Late)> SealAsync(LogPaths paths, LogOptions options, CancellationToken cancellationToken)
    {
        var (last, head, late) = (0L, new byte[LineChain.Length], 0);
        var reader = new LogReader(paths, live: null);
        foreach (var segment in paths.Segments().Where(segment => segment.FirstSeq is not null))
        {
            var index = segment.IsSealed ? reader.IndexOf(segment) : null;
            if (!segment.IsSealed)
            {
                index = await SegmentSealer.SealAsync(paths, segment, head, options.Tuning.CompressionLevel, cancellationToken);
                late++;
            }

            last = segment.LastSeq!.Value;
            head = index is null ? head : Convert.FromHexString(index.Chain);
        }

        return (last, head, late);
    }
}
