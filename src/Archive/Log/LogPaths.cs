using System.Globalization;
using System.Text.RegularExpressions;

namespace Comptroller.Archive.Log;

/// <summary>
/// Names of a log's files. <c>audit.log</c> is written to; <c>audit.&lt;first&gt;-&lt;last&gt;.log.gz</c> with <c>.index.json</c> beside it are sealed;
/// <c>audit.20260204_210945.log.gz</c> are what the system before rotated away.
/// </summary>
internal sealed partial class LogPaths
{
    public LogPaths(string liveFile)
    {
        Live = Path.GetFullPath(liveFile);
        Directory = Path.GetDirectoryName(Live)!;
        Stem = Path.GetFileNameWithoutExtension(Live);
    }

    public string Directory { get; }

    public string Stem { get; }

    public string Live { get; }

    public string Chain => Path.Combine(Directory, $"{Stem}.chain");

    public string State => Path.Combine(Directory, $"{Stem}.state.json");

    public string Lock => Path.Combine(Directory, $".{Stem}.lock");

    public string Torn(DateTimeOffset now) => Path.Combine(Directory, $"{Stem}.torn-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture)}");

    /// <summary>Files of segments of this log, oldest first.</summary>
    public List<SegmentFile> Segments()
    {
        var files = System.IO.Directory.Exists(Directory)
            ? System.IO.Directory.EnumerateFiles(Directory, $"{Stem}.*").Select(Parse).OfType<SegmentFile>()
            : [];
        // Between sealing and deletion a segment lies there twice; the sealed one is whole, or it would not have its name.
        return
        [
            .. files.GroupBy(file => file.Key, StringComparer.Ordinal)
                .Select(same => same.FirstOrDefault(file => file.IsSealed) ?? same.First())
                .OrderBy(file => file.FirstSeq ?? 0).ThenBy(file => file.Key, StringComparer.Ordinal),
        ];
    }

    public string Segment(long first, long last, string extension) => Path.Combine(Directory, $"{Stem}.{first:D20}-{last:D20}{extension}");

    private SegmentFile? Parse(string path)
    {
        var rest = Path.GetFileName(path)[(Stem.Length + 1)..];
        var match = Name().Match(rest);
        return !match.Success ? null
            : match.Groups["first"] is { Success: true } first
                ? new SegmentFile(path, rest[..41], long.Parse(first.ValueSpan, CultureInfo.InvariantCulture), long.Parse(match.Groups["last"].ValueSpan, CultureInfo.InvariantCulture))
            : new SegmentFile(path, rest[..15], null, null);
    }

    [GeneratedRegex(@"^(?:(?<first>\d{20})-(?<last>\d{20})\.log(\.gz)?|\d{8}_\d{6}\.log\.gz)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();
}

/// <summary>A segment that is not written to any more.</summary>
/// <param name="Path">Text or gzip.</param>
/// <param name="Key">Of the name, the part that two forms of one segment share.</param>
/// <param name="FirstSeq">Null for files of the system before, which did not count.</param>
/// <param name="LastSeq">Likewise.</param>
internal sealed record SegmentFile(string Path, string Key, long? FirstSeq, long? LastSeq)
{
    public bool IsSealed => Path.EndsWith(".gz", StringComparison.Ordinal);

    public string IndexPath => Path.Replace(".log.gz", ".index.json", StringComparison.Ordinal);
}
