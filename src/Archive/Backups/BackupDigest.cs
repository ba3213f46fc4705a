namespace Comptroller.Archive.Backups;

/// <summary>
/// Says, signed, which backups were there at a time, and goes on from the digest before. One is written with every backup and every hour, also when
/// nothing was backed up: then the absence of a backup can be proved, and taking away the newest ones takes away digests as well.
/// </summary>
public sealed record BackupDigest
{
    public const int Format = 1;

    public required int FormatVersion { get; init; }

    public required string Stream { get; init; }

    /// <summary>1 for the first digest of the stream, and so on.</summary>
    public required long Number { get; init; }

    /// <summary>Where it was put; elsewhere it is not believed.</summary>
    public required string Key { get; init; }

    /// <summary>End of the digest before; of the first, its own.</summary>
    public required DateTimeOffset StartTime { get; init; }

    public required DateTimeOffset EndTime { get; init; }

    /// <summary>Those that no digest before names, oldest first.</summary>
    public required DigestEntry[] Backups { get; init => field = value ?? []; }

    /// <summary>Number of the newest backup that this digest or one before names; 0 for none.</summary>
    public required long NewestBackup { get; init; }

    /// <summary>Null for the first.</summary>
    public string? PreviousKey { get; init; }

    /// <summary>SHA-256 of the bytes of the digest before, hex.</summary>
    public string? PreviousSha256 { get; init; }

    /// <summary>Its signature, base64.</summary>
    public string? PreviousSignature { get; init; }
}

/// <summary>A backup in a digest.</summary>
public sealed record DigestEntry
{
    public required long Number { get; init; }

    public required string ManifestSha256 { get; init; }

    public required string Root { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Time of the first and of the last event in its files, where they have any.</summary>
    public DateTimeOffset? OldestEventTime { get; init; }

    public DateTimeOffset? NewestEventTime { get; init; }
}
