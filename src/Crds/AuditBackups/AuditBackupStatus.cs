using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Crds.AuditBackups;

/// <summary>What there is to go back to, whether it was proved, and what the operator rendered.</summary>
public sealed record AuditBackupStatus
{
    /// <summary>The status of a resource that nobody looked at yet. Generated JSON code knows the -1 from here only.</summary>
    [JsonConstructor]
    public AuditBackupStatus(long observedGeneration = -1) => ObservedGeneration = observedGeneration;

    /// <summary>The generation of the spec that was judged last; -1 when none was yet.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>
    /// Ready is always present: everything is rendered and nothing keeps a run from starting. Protected says whether the newest backup is fresh,
    /// proved and locked as asked, or why not. Verified says how the newest verification ended. WindowOpen is present only with spec.windows, and Suspended only while True.
    /// </summary>
    [ListMapKey("type"), Items(16)]
    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>The newest backup run that ended, however it ended. One that was due outside of its windows is none.</summary>
    public BackupRunStatus? LastRun { get; init; }

    /// <summary>When the newest backup that is complete was made.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>When the next backup is due, inside of its windows; absent while suspended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? NextRunTime { get; init; }

    /// <summary>Backup runs that failed since the last one that did not.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>Backup runs that ended since this resource exists.</summary>
    public long Runs { get; init; }

    /// <summary>Those of them that failed.</summary>
    public long FailedRuns { get; init; }

    /// <summary>The newest runs of all kinds that were counted, oldest first, by which each is counted once.</summary>
    [AtomicList, Items(CountedRun.Most)]
    public IReadOnlyList<CountedBackupRun>? CountedRuns { get; init; }

    /// <summary>Runs that ended until then are counted, and are not listed any more; absent while all of them are.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? CountedUntil { get; init; }

    /// <summary>The newest backup that is complete. A failed run leaves it as it is.</summary>
    public MadeBackup? LastBackup { get; init; }

    /// <summary>The newest verification that ended, however it ended.</summary>
    public BackupVerificationStatus? LastVerification { get; init; }

    /// <summary>When the newest verification that found nothing wrong ended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastVerifiedTime { get; init; }

    /// <summary>The newest digest run that ended, however it ended.</summary>
    public BackupDigestStatus? LastDigest { get; init; }

    /// <summary>Until when signed digests say which backups there were.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? DigestsUntil { get; init; }

    /// <summary>Whether the newest verification or digest that looked found the chain through all backups without gap, fork or forgery; absent before the first.</summary>
    public bool? ChainIntact { get; init; }

    /// <summary>Whether the newest run that tried reached the store; absent before the first.</summary>
    public bool? LocationAvailable { get; init; }

    /// <summary>From when on there is a backup to go back to.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? RecoverableFrom { get; init; }

    /// <summary>Until when.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? RecoverableTo { get; init; }

    /// <summary>The newest run that deleted what retention lets go, however it ended.</summary>
    public BackupPruneStatus? LastPrune { get; init; }

    /// <summary>When the newest pruning that did all it was to do ended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastPrunedTime { get; init; }

    /// <summary>The newest restore that was asked for.</summary>
    public BackupRestoreStatus? LastRestore { get; init; }

    /// <summary>Every object that was rendered. What is no longer rendered is deleted by means of this list.</summary>
    [AtomicList, Items(16)]
    public IReadOnlyList<InventoryEntry>? Inventory { get; init; }

    /// <summary>The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on: a backup, and then its verification, was started for it.</summary>
    [StringLength(256)]
    public string? LastHandledReconcileAt { get; init; }

    /// <summary>The last value of the annotation comptroller.dev/restore that was acted on.</summary>
    [StringLength(256)]
    public string? LastHandledRestore { get; init; }
}

/// <summary>One run.</summary>
public record BackupRunStatus
{
    /// <summary>Name of the Job.</summary>
    [Required, StringLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Succeeded, Failed, or Paused for a backup that stopped at the end of its window and goes on in the next one.</summary>
    [Required, AllowedValues(BackupOutcomes.Succeeded, BackupOutcomes.Failed, BackupOutcomes.Paused)]
    public string Outcome { get; init => field = value ?? ""; } = "";

    /// <summary>When it started.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public long DurationSeconds { get; init; }

    /// <summary>What went wrong, in one line; absent when nothing did.</summary>
    [StringLength(1024)]
    public string? Message { get; init; }

    /// <summary>What that is owed to: Store when it was not reached or did not do what it was asked, Lock when it cannot give the lock that was asked for; absent for anything else.</summary>
    [StringLength(63)]
    public string? Cause { get; init; }
}

/// <summary>A run that was counted, and what it said that a run which ended before it must not unsay.</summary>
public sealed record CountedBackupRun : CountedRun
{
    /// <summary>What it was for: Backup, Digest, Verify, Prune or Restore.</summary>
    [Required, StringLength(16, MinimumLength = 1)]
    public string Task { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it reached the store; absent when it did not come that far.</summary>
    public bool? ReachedStore { get; init; }

    /// <summary>Whether it found the chain intact; absent when it did not look.</summary>
    public bool? ChainIntact { get; init; }
}

/// <summary>A verification that ended.</summary>
public sealed record BackupVerificationStatus : BackupRunStatus
{
    /// <summary>Number of the backup that was read back; of several nodes, the lowest.</summary>
    public long? Number { get; init; }

    /// <summary>RFC 6962 root, in hex, over the files of that backup; absent with several nodes.</summary>
    [StringLength(64)]
    public string? RootHash { get; init; }

    /// <summary>Files that were proved.</summary>
    public long Files { get; init; }

    /// <summary>Stored bytes that were read back.</summary>
    public long BytesRead { get; init; }

    /// <summary>Files that the restore drill brought back and compared byte by byte.</summary>
    public long RestoredFiles { get; init; }

    /// <summary>Whether all locks are as long as the manifests say; absent where nothing is locked.</summary>
    public bool? LocksHold { get; init; }

    /// <summary>How many things are wrong.</summary>
    public int Problems { get; init; }
}

/// <summary>A run that wrote digests.</summary>
public sealed record BackupDigestStatus : BackupRunStatus
{
    /// <summary>Number of the newest backup that it names; of several nodes, the lowest.</summary>
    public long? Number { get; init; }
}

/// <summary>A run that deleted what retention lets go.</summary>
public sealed record BackupPruneStatus : BackupRunStatus
{
    /// <summary>Backups that were deleted.</summary>
    public int Deleted { get; init; }

    /// <summary>Stored bytes that went with them.</summary>
    public long DeletedBytes { get; init; }
}

/// <summary>A restore that was asked for.</summary>
public sealed record BackupRestoreStatus : BackupRunStatus
{
    /// <summary>Directory on the claim that has the files.</summary>
    [StringLength(255)]
    public string? Directory { get; init; }

    /// <summary>Number of the backup that was restored.</summary>
    public long? Number { get; init; }

    /// <summary>Files that were brought back.</summary>
    public long RestoredFiles { get; init; }
}

/// <summary>A backup that is complete.</summary>
public sealed record MadeBackup
{
    /// <summary>Its number; of several nodes, the lowest.</summary>
    public long Number { get; init; }

    /// <summary>Place of its manifest, without any secret; of several nodes, of the first.</summary>
    [StringLength(1024)]
    public string? Location { get; init; }

    /// <summary>RFC 6962 root, in hex, over its files; absent with several nodes, where each stream has its own.</summary>
    [StringLength(64)]
    public string? RootHash { get; init; }

    /// <summary>Files in it.</summary>
    public long Files { get; init; }

    /// <summary>Length of its files, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>What it takes in the store, in bytes, with what it shares with others.</summary>
    public long StoredBytes { get; init; }

    /// <summary>What had to be sent for it, in bytes.</summary>
    public long SentBytes { get; init; }

    /// <summary>Length by what it takes, with two decimals.</summary>
    [RegularExpression(@"^[0-9]+\.[0-9]{2}$"), StringLength(24)]
    public string? Ratio { get; init; }

    /// <summary>Until when it is locked; absent where nothing is.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>The streams that it consists of: one, or one a node.</summary>
    [ListMapKey("name"), Items(16)]
    public IReadOnlyList<BackedUpStream>? Streams { get; init; }
}

/// <summary>What was backed up under one name.</summary>
public sealed record BackedUpStream
{
    /// <summary>The name.</summary>
    [Required, StringLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Number of the backup in it.</summary>
    public long Number { get; init; }

    /// <summary>RFC 6962 root, in hex, over its files.</summary>
    [StringLength(64)]
    public string? RootHash { get; init; }
}

/// <summary>How a run ended.</summary>
public static class BackupOutcomes
{
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";

    /// <summary>It stopped at the end of its window: neither a success nor a failure.</summary>
    public const string Paused = "Paused";

    /// <summary>It was due outside of its windows and was not begun: no run of its own. No status tells it.</summary>
    public const string Held = "Held";
}
