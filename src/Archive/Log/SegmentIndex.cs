using System.Text.Json.Serialization;

namespace Comptroller.Archive.Log;

/// <summary>What is known of a sealed segment without reading it; stands beside it as JSON.</summary>
public sealed record SegmentIndex
{
    public const int Format = 1;

    public int Version { get; init; } = Format;

    /// <summary>Number of the first event in the log, from 1.</summary>
    public required long FirstSeq { get; init; }

    public required long LastSeq { get; init; }

    /// <summary>Bytes of its text.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of its text.</summary>
    public required string Sha256 { get; init; }

    public required long StoredBytes { get; init; }

    /// <summary>SHA-256 of the compressed file.</summary>
    public required string StoredSha256 { get; init; }

    /// <summary>Chain head behind the segment before.</summary>
    public required string PreviousChain { get; init; }

    /// <summary>Chain head behind the last event.</summary>
    public required string Chain { get; init; }

    public required DateTimeOffset? Oldest { get; init; }

    public required DateTimeOffset? Newest { get; init; }

    public required SegmentBlock[] Blocks { get; init; }
}

/// <summary>One gzip member, or a stretch of the live segment: what can be read alone.</summary>
public sealed record SegmentBlock
{
    /// <summary>Where it begins in the file.</summary>
    public required long Offset { get; init; }

    /// <summary>Its bytes in the file.</summary>
    public required int Length { get; init; }

    /// <summary>Bytes of its text.</summary>
    public required int TextLength { get; init; }

    public required long FirstSeq { get; init; }

    public required int Events { get; init; }

    public required DateTimeOffset? Oldest { get; init; }

    public required DateTimeOffset? Newest { get; init; }

    /// <summary>A filter of its actors, event types, resources, leads and workflows.</summary>
    public required byte[] Terms { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SegmentIndex))]
internal sealed partial class SegmentJson : JsonSerializerContext;
