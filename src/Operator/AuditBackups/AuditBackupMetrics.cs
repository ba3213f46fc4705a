using System.Diagnostics.Metrics;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>What the statuses of AuditBackups say, as gauges. Ages are exported beside times: an alert on an age survives a clock that is off where it is evaluated.</summary>
internal sealed class AuditBackupMetrics : IDisposable
{
    public const string NamespaceLabel = "backup_namespace";
    public const string NameLabel = "backup_name";

    public const string Ready = Prefix + "ready";
    public const string Protected = Prefix + "protected";
    public const string Suspended = Prefix + "suspended";
    public const string SuspendedSince = Prefix + "suspended_since_timestamp_seconds";
    public const string ConsecutiveFailures = Prefix + "consecutive_failures";
    public const string Runs = Prefix + "runs";
    public const string FailedRuns = Prefix + "failed_runs";
    public const string LastSuccess = Prefix + "last_success_timestamp_seconds";
    public const string Age = Prefix + "age_seconds";
    public const string ExpectedInterval = Prefix + "expected_interval_seconds";
    public const string NextRun = Prefix + "next_run_timestamp_seconds";
    public const string LastVerification = Prefix + "last_verification_timestamp_seconds";
    public const string VerificationAge = Prefix + "verification_age_seconds";
    public const string VerificationInterval = Prefix + "verification_expected_interval_seconds";
    public const string VerificationResult = Prefix + "verification_result";
    public const string LastDigest = Prefix + "last_digest_timestamp_seconds";
    public const string DigestAge = Prefix + "digest_age_seconds";
    public const string DigestInterval = Prefix + "digest_expected_interval_seconds";
    public const string ChainIntact = Prefix + "chain_intact";
    public const string LocationAvailable = Prefix + "location_available";
    public const string LockHeld = Prefix + "lock_held";
    public const string LockedBytes = Prefix + "locked_bytes";
    public const string RetentionEnforced = Prefix + "retention_enforced";
    public const string Bytes = Prefix + "bytes";
    public const string StoredBytes = Prefix + "stored_bytes";
    public const string RecoverableFrom = Prefix + "recoverable_from_timestamp_seconds";
    public const string Duration = Prefix + "duration_seconds";

    private const string Prefix = "comptroller_audit_backup_";

    private readonly StatusGauges<AuditBackup> gauges;

    /// <param name="backups">All resources as they are now.</param>
    /// <param name="time">Ages are held against it.</param>
    public AuditBackupMetrics(Func<IReadOnlyList<AuditBackup>> backups, TimeProvider time)
    {
        gauges = new("Comptroller.AuditBackups", backups, NamespaceLabel, NameLabel);
        gauges.Add(Ready, "1 when backups can run", item => Truth(item, Conditions.Ready) ?? 0);
        gauges.Add(Protected, "1 when the evidence is backed up lately, proved lately, and locked as asked", item => Truth(item, AuditBackupConditions.Protected) ?? 0);
        gauges.Add(Suspended, "1 while suspended", item => item.Spec.Suspend ? 1 : 0);
        gauges.Add(SuspendedSince, "When it was suspended; absent while it is not", item => item.Spec.Suspend
            ? Seconds(item.Status.Conditions?.FirstOrDefault(each => each.Type == Conditions.SuspendedType)?.LastTransitionTime) : null);
        gauges.Add(ConsecutiveFailures, "Failed backups since the last one that did not fail", item => item.Status.ConsecutiveFailures);
        gauges.Add(Runs, "Backup runs that ended since the resource exists", item => item.Status.Runs);
        gauges.Add(FailedRuns, "Backup runs that failed since the resource exists", item => item.Status.FailedRuns);
        gauges.Add(LastSuccess, "When the newest complete backup was made", item => Seconds(item.Status.LastSuccessTime));
        gauges.Add(Age, "Age of the newest complete backup; of a resource without one, its own", item => (time.GetUtcNow() - (item.Status.LastSuccessTime ?? item.Metadata.CreationTimestamp))?.TotalSeconds);
        gauges.Add(ExpectedInterval, "How old the newest backup may become by its schedule", item => Interval(AuditBackupPlan.Times(item.Metadata, item.Spec).Value, item.Status.LastSuccessTime ?? item.Metadata.CreationTimestamp));
        gauges.Add(NextRun, "When the next backup is due", item => Seconds(item.Status.NextRunTime));
        gauges.Add(LastVerification, "When the newest verification that found nothing wrong ended", item => Seconds(item.Status.LastVerifiedTime));
        gauges.Add(VerificationAge, "Age of the newest proof; of a resource without one, its own", item => (time.GetUtcNow() - (item.Status.LastVerifiedTime ?? item.Metadata.CreationTimestamp))?.TotalSeconds);
        gauges.Add(VerificationInterval, "How old the newest proof may become by its schedule", item => Interval(Verifications(item), item.Status.LastVerifiedTime ?? item.Metadata.CreationTimestamp));
        gauges.Add(VerificationResult, "1 when the newest verification found nothing wrong, 0 when it did or could not look", item => item.Status.LastVerification is { } last ? Truth(last.Outcome == BackupOutcomes.Succeeded) : null);
        gauges.Add(LastDigest, "Until when signed digests say which backups there were", item => Seconds(item.Status.DigestsUntil));
        gauges.Add(DigestAge, "Age of the newest digest; of a resource without one, its own", item => (time.GetUtcNow() - (item.Status.DigestsUntil ?? item.Metadata.CreationTimestamp))?.TotalSeconds);
        gauges.Add(DigestInterval, "How old the newest digest may become by its schedule", item => Interval(Digests(item), item.Status.DigestsUntil ?? item.Metadata.CreationTimestamp));
        gauges.Add(ChainIntact, "1 when the chain through all backups has no gap, fork or forgery", item => Truth(item.Status.ChainIntact));
        gauges.Add(LocationAvailable, "1 when the newest run that tried reached the store", item => Truth(item.Status.LocationAvailable));
        gauges.Add(LockHeld, "1 when the lock that was asked for holds", item => Truth(AuditBackupConditions.LockHolds(item.Spec, item.Status, time.GetUtcNow())));
        gauges.Add(LockedBytes, "Bytes of the newest backup that are locked now", item => item.Status.LastBackup is { } backup ? backup.LockedUntil > time.GetUtcNow() ? backup.StoredBytes : 0 : null);
        gauges.Add(RetentionEnforced, "1 when what retention lets go was deleted by schedule", item => Enforced(item, time.GetUtcNow()));
        gauges.Add(Bytes, "Length of the files in the newest backup", item => item.Status.LastBackup?.Bytes);
        gauges.Add(StoredBytes, "What the newest backup takes in the store", item => item.Status.LastBackup?.StoredBytes);
        gauges.Add(RecoverableFrom, "From when on there is a backup to go back to", item => Seconds(item.Status.RecoverableFrom));
        gauges.Add(Duration, "How long the newest backup took", item => item.Status.LastRun?.DurationSeconds);
    }

    public Meter Meter => gauges.Meter;

    public void Dispose() => gauges.Dispose();

    private static double? Enforced(AuditBackup item, DateTimeOffset now) =>
        item.Spec.Retention is not { } retention || item.Spec.Suspend ? null
        : item.Status.LastPrune is { Outcome: BackupOutcomes.Failed } ? 0
        : Timetable.OfCronJob(retention.Schedule, item.Spec.TimeZone, "").Value is { } timetable && (item.Status.LastPrunedTime ?? item.Metadata.CreationTimestamp) is { } since
            ? Truth(now <= BackupAges.StaleAt(timetable, since, item.Spec.Alerts.StalePercent))
        : null;

    private static Timetable? Verifications(AuditBackup item) => Timetable.OfCronJob(item.Spec.Verify.Schedule, item.Spec.TimeZone, "").Value;

    private static Timetable? Digests(AuditBackup item) => Timetable.OfCronJob(item.Spec.Digests.Schedule, item.Spec.TimeZone, "").Value;

    private static double? Interval(Timetable? timetable, DateTimeOffset? since) => timetable is not null && since is { } at ? BackupAges.ExpectedInterval(timetable, at).TotalSeconds : null;

    private static double? Truth(bool? value) => value switch { true => 1, false => 0, _ => null };

    private static double? Truth(AuditBackup item, string condition) => StatusGauges<AuditBackup>.Truth(item.Status.Conditions, condition);

    private static double? Seconds(DateTimeOffset? time) => StatusGauges<AuditBackup>.Seconds(time);
}
