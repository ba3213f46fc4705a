using Comptroller.Archive.Compression;

namespace Comptroller.Archive.Backups;

/// <summary>How a backup is made.</summary>
public sealed record BackupOptions
{
    /// <summary>What is backed up over and over under one name.</summary>
    public required string Stream { get; init; }

    public TextCodec Codec { get; init; }

    /// <summary>Within <see cref="TextCodecs.Levels"/>.</summary>
    public int CompressionLevel { get; init; } = 6;

    /// <summary>Wraps the keys that encrypt; null keeps the text readable to whoever may read the store.</summary>
    public KeyWrap? Recipient { get; init; }

    /// <summary>How long nobody may delete it; null for no lock.</summary>
    public TimeSpan? Lock { get; init; }

    /// <summary>Whether not even an administrator may.</summary>
    public bool Compliance { get; init; }

    /// <summary>Nobody may delete it until somebody releases it, whatever <see cref="Lock"/> says.</summary>
    public bool LegalHold { get; init; }

    /// <summary>Pieces that are compressed and sent at once.</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Bytes a second that are sent, at most; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Reads also files whose length and time are those of the backup before.</summary>
    public bool Reread { get; init; }

    /// <summary>When it stops sending; what it has not sent by then is left to the next backup. Null for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>File that remembers what was sent, so that a backup that was killed goes on; null for none.</summary>
    public string? Journal { get; init; }
}

/// <summary>Something to be backed up.</summary>
/// <param name="Name">First part of its paths in the backup.</param>
/// <param name="Path">A file or a directory.</param>
public sealed record BackupSource(string Name, string Path)
{
    /// <summary>Text that is no file: <see cref="Path"/> is what it is called in the backup.</summary>
    public TextStream? Text { get; init; }
}

/// <summary>Text that comes from somewhere else, once, front to back.</summary>
/// <param name="OpenAsync">Opens it. The stream throws <see cref="IOException"/> at its end when something is missing: a backup that lacks something is none.</param>
/// <param name="IsUnchangedAsync">Whether it is still what an earlier backup holds; null for never.</param>
public sealed record TextStream(Func<CancellationToken, Task<Stream>> OpenAsync, Func<ManifestFile, CancellationToken, Task<bool>>? IsUnchangedAsync = null);

/// <summary>How far a backup is.</summary>
/// <param name="File">The file that is read.</param>
/// <param name="Done">Bytes read.</param>
/// <param name="Total">Bytes to be read.</param>
public readonly record struct BackupProgress(string File, long Done, long Total);

/// <summary>What a backup came to.</summary>
/// <param name="Manifest">What was written.</param>
/// <param name="Key">Where.</param>
/// <param name="UnchangedFiles">Files that were not read because nothing about them changed.</param>
public sealed record BackupOutcome(BackupManifest Manifest, string Key, int UnchangedFiles);
