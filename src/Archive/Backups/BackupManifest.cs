using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Comptroller.Archive.Backups;

/// <summary>What a backup holds and how to prove it; signed, written last, and never changed. A backup without one does not exist.</summary>
public sealed record BackupManifest
{
    public const int Format = 1;

    public required int FormatVersion { get; init; }

    /// <summary>What is backed up over and over under this name: the chain goes through all backups of a stream.</summary>
    public required string Stream { get; init; }

    /// <summary>1 for the first backup of the stream, and so on. Of two that finish at once, one gets the next number.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// When it was signed: after the one that it goes on from. Of two backups at once, the cut of the second may be older than that of the first. Null in backups that
    /// were made before this was told.
    /// </summary>
    public DateTimeOffset? SignedAt { get; init; }

    public required ManifestFile[] Files { get; init; }

    public required ManifestTotals Totals { get; init; }

    /// <summary>RFC 6962 root, hex, over the canonical JSON of each of <see cref="Files"/>.</summary>
    public required string Root { get; init; }

    public required ManifestChain Chain { get; init; }

    public required ManifestProducer Producer { get; init; }

    /// <summary>Until when its objects were asked to be locked.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>Whether they were put on legal hold as well.</summary>
    public bool? LegalHold { get; init; }
}

/// <summary>A file as it was at the moment of the backup.</summary>
public sealed record ManifestFile
{
    /// <summary>Relative, with <c>/</c>; the first part names the source.</summary>
    public required string Path { get; init; }

    public required long Bytes { get; init; }

    /// <summary>SHA-256 of its bytes, hex.</summary>
    public required string Sha256 { get; init; }

    public required DateTimeOffset Modified { get; init; }

    /// <summary>Lines: of a log, its events.</summary>
    public required long Lines { get; init; }

    /// <summary>RFC 6962 root, hex, over its lines without line feeds: proves a single event without showing the others.</summary>
    public required string MerkleRoot { get; init; }

    /// <summary>Time of the first event, where the first line has one.</summary>
    public DateTimeOffset? OldestEventTime { get; init; }

    public DateTimeOffset? NewestEventTime { get; init; }

    public required ManifestPiece[] Pieces { get; init; }
}

/// <summary>A stretch of a file and the object that keeps it.</summary>
public sealed record ManifestPiece
{
    /// <summary>SHA-256 of the text, hex: equal stretches are kept once.</summary>
    public required string Sha256 { get; init; }

    public required int Bytes { get; init; }

    public required string Key { get; init; }

    public required string StoredSha256 { get; init; }

    public required long StoredBytes { get; init; }
}

public sealed record ManifestTotals
{
    public required long Bytes { get; init; }

    public required long StoredBytes { get; init; }

    public required long Lines { get; init; }

    /// <summary>Pieces that this backup had to send.</summary>
    public required int NewPieces { get; init; }

    public required long NewStoredBytes { get; init; }
}

/// <summary>How a backup hangs together with those before it.</summary>
public sealed record ManifestChain
{
    /// <summary>SHA-256 of the bytes of the manifest before; null for the first.</summary>
    public string? PreviousSha256 { get; init; }

    /// <summary>Manifests before this one.</summary>
    public required long TreeSize { get; init; }

    /// <summary>RFC 6962 root over them, hex.</summary>
    public required string TreeRoot { get; init; }

    /// <summary>Roots of its full subtrees, hex, widest first: what the next one needs to go on.</summary>
    public required string[] Subtrees { get; init; }
}

public sealed record ManifestProducer(string Version, string Host);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(PruneRecord))]
[JsonSerializable(typeof(VerificationRecord))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(UnfinishedBackup))]
[JsonSerializable(typeof(BackupDigest))]
internal sealed partial class BackupJson : JsonSerializerContext
{
    public static JsonNode Node(ManifestFile file) => System.Text.Json.JsonSerializer.SerializeToNode(file, Default.ManifestFile)!;
}
