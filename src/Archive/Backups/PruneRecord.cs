namespace Comptroller.Archive.Backups;

/// <summary>Says, signed, which backups were deleted on purpose: a gap in the chain with one is retention, a gap without is tampering.</summary>
public sealed record PruneRecord
{
    public required string Stream { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Numbers of the backups and the SHA-256 of their manifests.</summary>
    public required Dictionary<string, string> Deleted { get; init => field = value ?? []; }

    /// <summary>Digests up to this one were deleted as well; absent when none were.</summary>
    public long? DigestsThrough { get; init; }

    /// <summary>SHA-256 of that digest, which the next one names: so the chain is proved across the cut.</summary>
    public string? DigestSha256 { get; init; }
}

/// <summary>Says, signed, that a backup was read back and found whole.</summary>
public sealed record VerificationRecord
{
    public required string Stream { get; init; }

    public required long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string ManifestSha256 { get; init; }

    public required string Root { get; init; }

    /// <summary>Files that were brought back to a disk and read there, byte by byte; absent when none were.</summary>
    public int? RestoredFiles { get; init; }

    public long? RestoredBytes { get; init; }
}
