using System.Collections.Immutable;
using System.Globalization;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Rendering;

/// <summary>
/// The alerts on one AuditBackup. They stand on what the operator exports from the status, so they outlive the pods of the runs. Replicas of the
/// operator export the same: every expression takes the maximum over them.
/// </summary>
internal static class AuditBackupRules
{
    public const string Stale = "AuditBackupStale";
    public const string Failing = "AuditBackupFailing";
    public const string SuspendedTooLong = "AuditBackupSuspendedTooLong";
    public const string VerificationFailed = "AuditBackupVerificationFailed";
    public const string VerificationStale = "AuditBackupVerificationStale";
    public const string DigestStale = "AuditBackupDigestStale";
    public const string ChainBroken = "AuditBackupChainBroken";
    public const string LocationUnavailable = "AuditBackupLocationUnavailable";
    public const string LockMissing = "AuditBackupLockMissing";
    public const string RetentionNotEnforced = "AuditBackupRetentionNotEnforced";
    public const string NotReady = "AuditBackupNotReady";
    public const string Unobserved = "AuditBackupUnobserved";

    private static readonly string[] Names =
        [Stale, Failing, SuspendedTooLong, VerificationFailed, VerificationStale, DigestStale, ChainBroken, LocationUnavailable, LockMissing, RetentionNotEnforced, NotReady, Unobserved];

    public static IEnumerable<string> Errors(AuditBackupAlerts alerts) => AlertRules.Errors(alerts.Disabled, Names);

    /// <summary>The alerts of a resource.</summary>
    public static ImmutableArray<AlertRule> For(ObjectMeta owner, AuditBackupSpec spec)
    {
        var alerts = spec.Alerts;
        var of = $"{{{AuditBackupMetrics.NamespaceLabel}=\"{owner.Namespace}\",{AuditBackupMetrics.NameLabel}=\"{owner.Name}\"}}";
        const string By = $"by ({AuditBackupMetrics.NamespaceLabel}, {AuditBackupMetrics.NameLabel})";
        var factor = (alerts.StalePercent / 100.0).ToString(CultureInfo.InvariantCulture);
        var suspended = $"unless {Max(AuditBackupMetrics.Suspended)} == 1";
        AlertRule[] rules =
        [
            new(Stale, "critical", $"{Max(AuditBackupMetrics.Age)} > {factor} * {Max(AuditBackupMetrics.ExpectedInterval)} {suspended}", "5m",
                "The newest backup is {{ $value | humanizeDuration }} old", "Read status.lastRun of the resource, then look at the CronJob and its Jobs: they may be failing, not scheduled, or waiting for a volume or a node."),
            new(Failing, "warning", $"{Max(AuditBackupMetrics.ConsecutiveFailures)} >= {alerts.FailedRuns}", "0s",
                "The last {{ $value }} backups failed", "Read status.lastRun.message of the resource; the log of the Job's pod says more."),
            new(SuspendedTooLong, "warning", $"time() - {Max(AuditBackupMetrics.SuspendedSince)} > {alerts.SuspendedDays * 86_400L}", "0s",
                "Suspended for {{ $value | humanizeDuration }}", "Nothing is backed up meanwhile. Set spec.suspend to false, or delete the AuditBackup if it is not wanted any more."),
            new(VerificationFailed, "critical", $"{Max(AuditBackupMetrics.VerificationResult)} == 0", "0s",
                "The newest verification found something wrong, or could not look", "Read status.lastVerification; `comptroller archive verify` names every object that is not as it was written. Keep the store as it is until it is clear who changed it."),
            new(VerificationStale, "warning", $"{Max(AuditBackupMetrics.VerificationAge)} > {factor} * {Max(AuditBackupMetrics.VerificationInterval)} {suspended}", "5m",
                "The newest proof is {{ $value | humanizeDuration }} old", "Look at the CronJob of verifications and its Jobs."),
            new(DigestStale, "warning", $"{Max(AuditBackupMetrics.DigestAge)} > {factor} * {Max(AuditBackupMetrics.DigestInterval)} {suspended}", "5m",
                "The newest digest is {{ $value | humanizeDuration }} old", "Read status.lastDigest, then look at the CronJob of digests and its Jobs. Until the next digest nothing proves that the newest backups were not taken away."),
            new(ChainBroken, "critical", $"{Max(AuditBackupMetrics.ChainIntact)} == 0", "0s",
                "The chain through all backups is broken", "Backups are missing, forged or forked. Compare with the numbers and roots that were seen elsewhere: `comptroller archive verify --at-least`."),
            new(LocationUnavailable, "critical", $"{Max(AuditBackupMetrics.LocationAvailable)} == 0", "0s",
                "The store cannot be reached", "Read status.lastRun.message: expired credentials, a bucket that is gone, or a network in between. See spec.network.storeCIDRs."),
            new(LockMissing, "critical", $"{Max(AuditBackupMetrics.LockHeld)} == 0", "0s",
                "Backups are not locked as asked", "The bucket has no object lock, or somebody shortened it. Locks of a bucket are switched on when it is made."),
            new(RetentionNotEnforced, "warning", $"{Max(AuditBackupMetrics.RetentionEnforced)} == 0", "15m",
                "What retention lets go is not deleted", "Read status.lastPrune: the identity may not delete, or the pruning does not run."),
            new(NotReady, "warning", $"{Max(AuditBackupMetrics.Ready)} == 0", "15m",
                "Backups cannot run", "The condition Ready of the resource says what is in the way, such as a missing Secret."),
            // Without the operator's metrics every other alert is silent.
            new(Unobserved, "critical", $"absent({AuditBackupMetrics.Ready}{of})", "15m",
                "Nobody reports on this backup", "The operator is down, is not scraped, or does not watch the namespace. Delete the AuditBackup if it is not wanted any more."),
        ];
        return [.. rules.Where(rule => !alerts.Disabled.Contains(rule.Name, StringComparer.Ordinal))];

        string Max(string metric) => $"max {By} ({metric}{of})";
    }

    public static DesiredObject? Render(ObjectMeta owner, AuditBackupSpec spec) => new AlertRules(
        $"{owner.Name}-audit-backup", "audit-backup", spec.Alerts.Interval, spec.Alerts.Labels, spec.Alerts.RunbookUrl, For(owner, spec),
        [(AuditBackupMetrics.NamespaceLabel, owner.Namespace), (AuditBackupMetrics.NameLabel, owner.Name)]).Render(owner);
}
