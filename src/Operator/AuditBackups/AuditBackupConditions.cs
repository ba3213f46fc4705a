using System.Globalization;
using Comptroller.Archive.Backups;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>
/// What an AuditBackup says about itself, as functions from what was planned, applied and handed back. <c>Ready</c>, <c>Reconciling</c>,
/// <c>Stalled</c> and <c>Suspended</c> follow <see cref="Conditions"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>Ready</term><description>Everything is rendered and nothing known keeps a run from starting. Failing runs do not touch it.</description></item>
/// <item><term>Verified</term><description>True/Proved, False/VerificationFailed, Unknown/NotVerified, Unknown/CouldNotLook (the run failed before it came to a verdict), Unknown/Stale.</description></item>
/// <item><term>Protected</term><description>True/Protected, or False with the first of LockMissing, NoBackup, ChainBroken, VerificationFailed, BackupStale, NotVerified, VerificationStale.</description></item>
/// <item><term>WindowOpen</term><description>True/Open, False/Closed; only with spec.windows. Scheduled backups wait while it is closed, and those that were asked for do not.</description></item>
/// </list>
/// </remarks>
internal static class AuditBackupConditions
{
    public const string Protected = "Protected";
    public const string Verified = "Verified";

    public const string WindowOpen = "WindowOpen";
    public const string Open = "Open";
    public const string Closed = "Closed";

    public const string LockMissing = "LockMissing";
    public const string NoBackup = "NoBackup";
    public const string ChainBroken = "ChainBroken";
    public const string VerificationFailed = "VerificationFailed";
    public const string BackupStale = "BackupStale";
    public const string NotVerified = "NotVerified";
    public const string VerificationStale = "VerificationStale";
    public const string Proved = "Proved";
    public const string CouldNotLook = "CouldNotLook";
    public const string Stale = "Stale";

    /// <summary>Everything was tried; each object has its result and none failed.</summary>
    /// <param name="resource">The resource as read.</param>
    /// <param name="status">Its status, with the runs that have ended since.</param>
    /// <param name="plan">What was planned.</param>
    /// <param name="report">What became of it.</param>
    /// <param name="obstacle">What keeps runs from starting; null when nothing is known to.</param>
    /// <param name="now">The time.</param>
    public static AuditBackupStatus Rendered(
        AuditBackup resource, AuditBackupStatus status, AuditBackupPlan plan, ApplyReport report, Obstacle? obstacle, DateTimeOffset now)
    {
        var generation = resource.Metadata.Generation;
        var conditions = Of(resource).Rendered(report, Summary(status), generation, now).Unless(obstacle, generation, now);

        var (verified, verifiedReason, verifiedMessage) = Verification(resource.Spec, status, plan.Verifications!, now);
        var (why, message) = WhyNotProtected(resource.Spec, status, plan, now);
        conditions = conditions
            .With(Verified, verified, verifiedReason, RenderConditions.Bounded(verifiedMessage), generation, now)
            .With(Protected, why is null ? "True" : "False", why ?? Protected, RenderConditions.Bounded(message), generation, now);
        conditions = plan.Windows is not { } windows ? conditions.Without(WindowOpen)
            : windows.ClosesAt(now) is { } closes ? conditions.With(WindowOpen, "True", Open, closes == DateTimeOffset.MaxValue ? "backups may run at any time" : $"backups may run until {Time(closes)}", generation, now)
            : conditions.With(WindowOpen, "False", Closed, $"backups that are due by schedule wait until {Time(windows.EarliestFrom(now))}", generation, now);
        if (resource.Spec.Suspend)
        {
            conditions = conditions.Suspended(generation, now, "spec.suspend is true: no backup, verification or pruning is started");
        }

        return status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            NextRunTime = resource.Spec.Suspend || obstacle is { HoldsRuns: true } ? null : plan.Backups!.NextAfter(now),
            Inventory = report.Inventory,
        };
    }

    /// <summary>The reconcile failed. What runs found stays told; <paramref name="inventory"/> keeps what had already been applied.</summary>
    public static AuditBackupStatus Failed(AuditBackup resource, Exception failure, IReadOnlyList<InventoryEntry>? inventory, DateTimeOffset now)
    {
        var conditions = Of(resource).Failed(failure, resource.Metadata.Generation, now);
        return resource.Status with
        {
            ObservedGeneration = conditions.ObservedGeneration,
            Conditions = conditions.Items,
            Inventory = inventory ?? resource.Status.Inventory,
        };
    }

    /// <summary>When the conditions change by themselves: time alone makes a run due, and a backup or its proof too old.</summary>
    public static DateTimeOffset NextChange(AuditBackupSpec spec, AuditBackupStatus status, AuditBackupPlan plan, DateTimeOffset now)
    {
        var percent = spec.Alerts.StalePercent;
        var changes = new[]
        {
            plan.Backups!.NextAfter(now),
            status.LastSuccessTime is { } made ? BackupAges.StaleAt(plan.Backups!, made, percent) : DateTimeOffset.MaxValue,
            status.LastVerifiedTime is { } proved ? BackupAges.StaleAt(plan.Verifications!, proved, percent) : DateTimeOffset.MaxValue,
            status.LastBackup?.LockedUntil ?? DateTimeOffset.MaxValue,
            plan.Windows is { } windows ? windows.ClosesAt(now) ?? windows.EarliestFrom(now) : DateTimeOffset.MaxValue,
        };
        return changes.Where(change => change > now).Min();
    }

    /// <summary>One line for people: how the last backup ended and what there is.</summary>
    public static string Summary(AuditBackupStatus status) => status switch
    {
        { LastRun: null } => "no backup has ended yet",
        { LastRun.Outcome: BackupOutcomes.Failed } => RenderConditions.Bounded($"the last {(status.ConsecutiveFailures == 1 ? "backup" : $"{status.ConsecutiveFailures} backups")} failed: {status.LastRun.Message ?? "no reason was given"}"),
        { LastRun.Outcome: BackupOutcomes.Paused } => RenderConditions.Bounded($"the last backup {status.LastRun.Message}"),
        { LastBackup: { } backup } => string.Create(CultureInfo.InvariantCulture, $"backup {backup.Number}: {backup.Files} files, {backup.Bytes} bytes in {backup.StoredBytes}"),
        _ => "no backup is complete yet",
    };

    /// <summary>Whether the lock that was asked for holds, as far as anybody looked; null when none was asked for or nothing is known.</summary>
    public static bool? LockHolds(AuditBackupSpec spec, AuditBackupStatus status, DateTimeOffset now) =>
        spec.ObjectLock is null ? null
        : status.LastRun?.Cause == RunCauses.Lock ? false
        : status.LastVerification is { LocksHold: false } ? false
        : status.LastBackup is { } backup ? backup.LockedUntil > now
        : null;

    private static (string Status, string Reason, string Message) Verification(AuditBackupSpec spec, AuditBackupStatus status, Timetable timetable, DateTimeOffset now)
    {
        if (status.LastVerification is not { } last)
        {
            return ("Unknown", NotVerified, "no verification has ended yet");
        }

        if (last.Outcome == BackupOutcomes.Failed)
        {
            return last.Problems > 0
                ? ("False", VerificationFailed, $"{last.Problems} {(last.Problems == 1 ? "thing is" : "things are")} wrong: {last.Message}")
                : ("Unknown", CouldNotLook, last.Message ?? "no reason was given");
        }

        return IsStale(spec, status.LastVerifiedTime!.Value, timetable, now)
            ? ("Unknown", Stale, $"the newest proof is of {Time(status.LastVerifiedTime.Value)}")
            : ("True", Proved, string.Create(CultureInfo.InvariantCulture, $"backup {last.Number}: {last.Files} files and {last.BytesRead} stored bytes read back, {last.RestoredFiles} files restored and compared"));
    }

    private static (string? Why, string Message) WhyNotProtected(AuditBackupSpec spec, AuditBackupStatus status, AuditBackupPlan plan, DateTimeOffset now) =>
        LockHolds(spec, status, now) == false
            ? (LockMissing, status.LastRun is { Cause: RunCauses.Lock, Message: { } refused } ? refused : "objects are not locked as long as spec.objectLock asks for")
        : status.LastBackup is not { } backup || status.LastSuccessTime is not { } made ? (NoBackup, "no backup is complete yet")
        : status.ChainIntact == false ? (ChainBroken, $"the chain through all backups has a gap, a fork or a forgery: {Newest(status.LastVerification, status.LastDigest)?.Message}")
        : status.LastVerification is { Outcome: BackupOutcomes.Failed, Problems: > 0 } failed ? (VerificationFailed, failed.Message ?? "")
        : IsStale(spec, made, plan.Backups!, now) ? (BackupStale, $"the newest backup is of {Time(made)}")
        : status.LastVerifiedTime is not { } proved ? (NotVerified, "no backup was proved yet")
        : IsStale(spec, proved, plan.Verifications!, now) ? (VerificationStale, $"the newest proof is of {Time(proved)}")
        : (null, backup.LockedUntil is { } until ? $"backed up at {Time(made)}, proved at {Time(proved)}, locked until {Time(until)}" : $"backed up at {Time(made)}, proved at {Time(proved)}");

    private static BackupRunStatus? Newest(params BackupRunStatus?[] runs) => runs.Where(run => run?.Outcome == BackupOutcomes.Failed).MaxBy(run => run!.EndTime);

    private static bool IsStale(AuditBackupSpec spec, DateTimeOffset since, Timetable timetable, DateTimeOffset now) => now > BackupAges.StaleAt(timetable, since, spec.Alerts.StalePercent);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy'-'MM'-'dd'T'HH':'mm':'ss'Z'", CultureInfo.InvariantCulture);

    private static Conditions Of(AuditBackup resource) => new(resource.Status.ObservedGeneration, resource.Status.Conditions ?? []);
}
