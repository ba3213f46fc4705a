using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>Which segments are too old.</summary>
internal static class LogRetention
{
    /// <summary>From the oldest on, as long as all of a segment is older: a hole in the middle would look like tampering.</summary>
    /// <param name="segments">Oldest first.</param>
    /// <param name="before">Events from then on are kept.</param>
    public static IReadOnlyList<(SegmentFile File, SegmentIndex? Index)> Expired(IReadOnlyList<(SegmentFile File, SegmentIndex? Index)> segments, DateTimeOffset before) =>
        [.. segments.TakeWhile(segment => segment.File.IsSealed && Newest(segment) < before)];

    public static AuditEvent Deletion(SegmentFile file, SegmentIndex? index) => new()
    {
        EventType = "segment_expired",
        Resource = Path.GetFileName(file.Path),
        Details = new JsonObject
        {
            ["firstSeq"] = file.FirstSeq,
            ["lastSeq"] = file.LastSeq,
            ["newest"] = index?.Newest,
            ["chain"] = index?.Chain,
            ["sha256"] = index?.Sha256,
        },
    };

    // Files of the system before have no index; they were closed when they were last written to.
    private static DateTimeOffset Newest((SegmentFile File, SegmentIndex? Index) segment) => segment.Index?.Newest ?? new DateTimeOffset(File.GetLastWriteTimeUtc(segment.File.Path));
}
