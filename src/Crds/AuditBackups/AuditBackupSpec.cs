using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.AuditBackups;

/// <summary>What an AuditBackup asks for.</summary>
[CelRule(
    "!has(self.objectLock) || !has(self.destination.pvc)",
    "a volume cannot lock objects: name another destination, or remove objectLock",
    FieldPath = ".objectLock")]
[CelRule(
    "self.sources.size() == 1 || !self.sources.exists(source, has(source.nodeAuditLog))",
    "the audit log of nodes is backed up on each node by itself: give it an AuditBackup of its own",
    FieldPath = ".sources")]
public sealed record AuditBackupSpec
{
    /// <summary>Pauses everything: no backup, verification or pruning starts, running ones end by themselves, and everything rendered stays.</summary>
    public bool Suspend { get; init; }

    /// <summary>How often the rendered objects are compared with this spec and repaired, even when nothing changed; 10s to 24h.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string Interval { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>How long to wait before looking again at something that is in the way, such as a missing Secret; 1s to 24h. 1m when absent.</summary>
    [Duration(AtLeast = "1s", AtMost = "24h")]
    public string? RetryInterval { get; init; }

    /// <summary>When to back up: five cron fields, or @hourly, @daily, @weekly, @monthly, @yearly.</summary>
    [RegularExpression(Cron.Pattern), StringLength(128, MinimumLength = 1)]
    public string Schedule { get; init => field = value ?? "0 * * * *"; } = "0 * * * *";

    /// <summary>Time zone of all schedules, by its IANA name such as "Europe/Berlin".</summary>
    [RegularExpression("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"), StringLength(64, MinimumLength = 1)]
    public string TimeZone { get; init => field = value ?? "Etc/UTC"; } = "Etc/UTC";

    /// <summary>
    /// Spreads the backups of many resources over so many minutes after the schedule: each always starts at the same minute, which follows from its
    /// namespace and name. The schedule's minute must then be one number, with room until the end of the hour.
    /// </summary>
    [Range(1, 59)]
    public int? JitterMinutes { get; init; }

    /// <summary>
    /// Confines backups that are due by schedule to times of the week. One that is due outside of them is not begun, and one that comes to the end of its window stops; the
    /// next one goes on without sending again what was sent. A backup that somebody asks for runs at once. At any time when empty.
    /// </summary>
    [AtomicList, Items(16)]
    public IReadOnlyList<BackupWindow> Windows { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Name under which the backups stand in the store; the resource's name when absent. Backups of one name are a chain: whoever restores finds
    /// them by it.
    /// </summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(40, MinimumLength = 1)]
    public string? Stream { get; init; }

    /// <summary>What to back up.</summary>
    [Required, ListMapKey("name"), Items(16, Min = 1)]
    public IReadOnlyList<BackupSourceSpec> Sources { get; init => field = value ?? []; } = [];

    /// <summary>Where to.</summary>
    [Required]
    public BackupDestination Destination { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// The private key on P-256 that signs, as PEM; `comptroller archive keygen` makes one. Whoever has its public half proves backups without
    /// this cluster.
    /// </summary>
    [Required]
    public SecretKeyReference SigningKeySecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>Encrypts what is backed up. Without it the store's own encryption is all there is.</summary>
    public BackupEncryption? Encryption { get; init; }

    /// <summary>Locks every object against deletion. The bucket must have object lock; one without is refused by every run.</summary>
    public BackupObjectLock? ObjectLock { get; init; }

    /// <summary>How what is backed up is compressed.</summary>
    public BackupCompression Compression { get; init => field = value ?? new(); } = new();

    /// <summary>Megabytes a second that a backup sends, at most.</summary>
    [JsonPropertyName("bandwidthLimitMBps")]
    [Range(1, 10_000)]
    public int? BandwidthLimitMbps { get; init; }

    /// <summary>Says, signed, which backups there are.</summary>
    public BackupDigestSpec Digests { get; init => field = value ?? new(); } = new();

    /// <summary>Proves what was backed up.</summary>
    public BackupVerificationSpec Verify { get; init => field = value ?? new(); } = new();

    /// <summary>Which backups stay. All of them when absent.</summary>
    public BackupRetention? Retention { get; init; }

    /// <summary>Where a restore goes that the annotation comptroller.dev/restore asks for.</summary>
    public BackupRestoreSpec? Restore { get; init; }

    /// <summary>How runs are started and kept.</summary>
    public JobSettings Jobs { get; init => field = value ?? new(); } = new();

    /// <summary>What the pods may connect to.</summary>
    public BackupNetwork Network { get; init => field = value ?? new(); } = new();

    /// <summary>Alert rules over the operator's metrics, as a VMRule.</summary>
    public AuditBackupAlerts Alerts { get; init => field = value ?? new(); } = new();
}

/// <summary>A time at which backups may run: on days of the week between two times of day, in spec.timeZone.</summary>
[CelRule("self.start != self.end", "the window ends when it begins: write 00:00 and 24:00 for the whole day", FieldPath = ".end")]
public sealed record BackupWindow
{
    /// <summary>Days on which it begins; every day when empty.</summary>
    [SetList, Items(7, Allowed = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])]
    public IReadOnlyList<string> Days { get; init => field = value ?? []; } = [];

    /// <summary>Time of day at which it begins, such as 22:00.</summary>
    [Required, RegularExpression("^([01][0-9]|2[0-3]):[0-5][0-9]$"), StringLength(5)]
    public string Start { get; init => field = value ?? ""; } = "";

    /// <summary>Time of day at which it ends, such as 05:00, or 24:00; of the next day when it is before start.</summary>
    [Required, RegularExpression("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"), StringLength(5)]
    public string End { get; init => field = value ?? ""; } = "";
}

/// <summary>How what is backed up is compressed.</summary>
public sealed record BackupCompression
{
    /// <summary>gzip is what every machine reads; brotli is faster at the same size; zstd is the fastest, where the image has libzstd.</summary>
    [AllowedValues("gzip", "brotli", "zstd")]
    public string Codec { get; init => field = value ?? "gzip"; } = "gzip";

    /// <summary>gzip 1 to 9, brotli 1 to 11, zstd 1 to 19. When absent 6, 4 and 3: above those, audit logs become slower and little smaller.</summary>
    [Range(1, 19)]
    public int? Level { get; init; }
}

/// <summary>Encrypts what is backed up, with a key for each backup that is itself wrapped.</summary>
[CelRule("has(self.publicKeySecretRef) != has(self.command)", "wrap the keys by exactly one of publicKeySecretRef and command")]
[CelRule("!has(self.privateKeySecretRef) || has(self.publicKeySecretRef)", "privateKeySecretRef is the private half of publicKeySecretRef", FieldPath = ".privateKeySecretRef")]
public sealed record BackupEncryption
{
    /// <summary>The public RSA key that wraps, as PEM. Only its private half reads the backups.</summary>
    public SecretKeyReference? PublicKeySecretRef { get; init; }

    /// <summary>
    /// The private half, for verifications and restores inside this cluster. Leave it out where the cluster must not be able to read its own
    /// backups: verification then proves the stored bytes without a restore drill, and restores take place elsewhere.
    /// </summary>
    public SecretKeyReference? PrivateKeySecretRef { get; init; }

    /// <summary>A program of the image that wraps and unwraps, such as one that asks a key management service.</summary>
    public BackupKeyCommand? Command { get; init; }
}

/// <summary>A program that wraps and unwraps keys: it gets a key on standard input and "wrap" or "unwrap" as its last argument.</summary>
public sealed record BackupKeyCommand
{
    /// <summary>The program and its arguments, with spaces between. It must be in spec.jobs.image.</summary>
    [Required, RegularExpression("^/[^\\s]+( [^\\s]+)*$"), StringLength(512, MinimumLength = 2)]
    public string Program { get; init => field = value ?? ""; } = "";

    /// <summary>Which key it uses, as it then stands in the backup.</summary>
    [JsonPropertyName("keyID")]
    [RegularExpression("^[^\\s]+$"), StringLength(255, MinimumLength = 1)]
    public string KeyId { get; init => field = value ?? "default"; } = "default";
}

/// <summary>Locks every object against deletion.</summary>
public sealed record BackupObjectLock
{
    /// <summary>Governance lets an administrator with a permission of its own delete early. Compliance lets nobody.</summary>
    [Required, AllowedValues(LockModes.Governance, LockModes.Compliance)]
    public string Mode { get; init => field = value ?? ""; } = "";

    /// <summary>For so many days from the backup on.</summary>
    [Required, Range(1, 36_500)]
    public int Days { get; init; }

    /// <summary>Beside that, nobody may delete it until somebody with a permission of their own releases it.</summary>
    public bool LegalHold { get; init; }
}

/// <summary>How objects are locked.</summary>
public static class LockModes
{
    public const string Governance = "Governance";
    public const string Compliance = "Compliance";
}

/// <summary>
/// Says, signed and chained to the time before, which backups there are, also when there is no new one: then it can be proved that there was none, and the newest
/// backups cannot be taken away unnoticed.
/// </summary>
public sealed record BackupDigestSpec
{
    /// <summary>When. Until the next digest, nothing proves that the newest backups have not been taken away.</summary>
    [RegularExpression(Cron.Pattern), StringLength(128, MinimumLength = 1)]
    public string Schedule { get; init => field = value ?? "0 * * * *"; } = "0 * * * *";
}

/// <summary>Proves what was backed up.</summary>
public sealed record BackupVerificationSpec
{
    /// <summary>
    /// When: signatures, chain, locks and every byte of the newest backup are proved, and each of its files is brought back to scratch space and
    /// compared. The result is signed and kept beside the backups.
    /// </summary>
    [RegularExpression(Cron.Pattern), StringLength(128, MinimumLength = 1)]
    public string Schedule { get; init => field = value ?? "30 2 * * *"; } = "30 2 * * *";

    /// <summary>Reads back every backup instead of the newest one. The chain of all is proved either way.</summary>
    public bool All { get; init; }

    /// <summary>Scratch space of the node for the restore drill, which brings back one file after another: at least the longest file.</summary>
    [RegularExpression("^[1-9][0-9]*(Mi|Gi|Ti)$"), StringLength(16)]
    public string ScratchSize { get; init => field = value ?? "10Gi"; } = "10Gi";
}

/// <summary>
/// Which backups stay: those that any count keeps. The newest one, the newest proved one and what is locked stay whatever is written here.
/// </summary>
[CelRule(
    "has(self.keepLast) || has(self.keepDaily) || has(self.keepWeekly) || has(self.keepMonthly) || has(self.keepYearly) || has(self.maxAgeDays)",
    "say what to keep: at least one of keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly and maxAgeDays")]
public sealed record BackupRetention
{
    /// <summary>When the others are deleted.</summary>
    [RegularExpression(Cron.Pattern), StringLength(128, MinimumLength = 1)]
    public string Schedule { get; init => field = value ?? "30 4 * * *"; } = "30 4 * * *";

    /// <summary>The newest ones.</summary>
    [Range(1, 10_000)]
    public int? KeepLast { get; init; }

    /// <summary>The newest of each of so many days that have one.</summary>
    [Range(1, 10_000)]
    public int? KeepDaily { get; init; }

    /// <summary>The newest of each of so many weeks.</summary>
    [Range(1, 10_000)]
    public int? KeepWeekly { get; init; }

    /// <summary>The newest of each of so many months.</summary>
    [Range(1, 10_000)]
    public int? KeepMonthly { get; init; }

    /// <summary>The newest of each of so many years.</summary>
    [Range(1, 1000)]
    public int? KeepYearly { get; init; }

    /// <summary>Older ones go although a count keeps them. Without any count, younger ones stay.</summary>
    [Range(1, 36_500)]
    public int? MaxAgeDays { get; init; }
}

/// <summary>
/// Where a restore goes. The annotation comptroller.dev/restore starts one: "latest", the number of a backup, or a time such as
/// 2026-11-21T10:00:00Z for the newest backup made until then; of nodes' audit logs with the node in front, as "cp-1/latest". Each restore gets
/// a directory of its own, and nothing is overwritten.
/// </summary>
public sealed record BackupRestoreSpec
{
    /// <summary>Existing PersistentVolumeClaim that gets the files.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ClaimName { get; init => field = value ?? ""; } = "";
}

/// <summary>What the pods may connect to, as a NetworkPolicy. Policies know addresses, not names: that it is the right store is up to TLS.</summary>
public sealed record BackupNetwork
{
    /// <summary>Networks of the store. Every public address when empty; private ones, and with them the cluster, stay out of reach.</summary>
    [JsonPropertyName("storeCIDRs")]
    [SetList, Items(64, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> StoreCidrs { get; init => field = value ?? []; } = [];

    /// <summary>Namespace of the cluster's DNS.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string DnsNamespace { get; init => field = value ?? "kube-system"; } = "kube-system";
}

/// <summary>Form of a schedule.</summary>
internal static class Cron
{
    public const string Pattern = @"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[-0-9A-Za-z*,/]+( +[-0-9A-Za-z*,/]+){4})$";
}
