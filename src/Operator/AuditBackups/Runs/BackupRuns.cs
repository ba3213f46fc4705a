using System.Globalization;
using Comptroller.Crds.AuditBackups;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Runs;

/// <summary>
/// From runs that have ended to what the status says. A run that did not do what it was for never counts as one that did, and one that is told late unsays nothing
/// that a later one said. Pure.
/// </summary>
internal static class BackupRuns
{
    /// <summary>The runs that a status has counted.</summary>
    public static RunLedger<CountedBackupRun> Ledger(AuditBackupStatus status) =>
        RunLedger<CountedBackupRun>.Of(status.CountedRuns, status.CountedUntil, Enum.GetValues<BackupTask>().Max(task => Last(status, task)?.EndTime));

    /// <summary>What is told of a run.</summary>
    /// <param name="task">What it was for.</param>
    /// <param name="run">The Job that is over.</param>
    /// <param name="pods">How many streams it was to look after.</param>
    public static BackupRunStatus Of(BackupTask task, EndedRun run, int pods) => Of(task, run, new RunResults(task, run, pods));

    /// <summary>The status after a run.</summary>
    /// <param name="status">Before it.</param>
    /// <param name="task">What it was for.</param>
    /// <param name="run">The Job that is over.</param>
    /// <param name="pods">How many streams it was to look after.</param>
    public static AuditBackupStatus AddTo(AuditBackupStatus status, BackupTask task, EndedRun run, int pods)
    {
        var results = new RunResults(task, run, pods);
        var told = Of(task, run, results);
        var place = new Place(Ledger(status), new CountedBackupRun
        {
            Id = run.Id,
            Task = task.ToString(),
            Outcome = told.Outcome,
            EndTime = run.EndTime,
            ReachedStore = results.ReachedStore,
            ChainIntact = ChainIntact(task, results),
        });
        var after = place.Ledger.With(place.Run);
        status = status with
        {
            CountedRuns = after.Newest,
            CountedUntil = after.Until,
            LocationAvailable = place.Run.ReachedStore is { } reached && place.IsNewest(other => other.ReachedStore is not null) ? reached : status.LocationAvailable,
            ChainIntact = place.Run.ChainIntact is { } intact && place.IsNewest(other => other.ChainIntact is not null) ? intact : status.ChainIntact,
        };
        return told switch
        {
            BackupDigestStatus digest => status with
            {
                LastDigest = place.IsNewest() ? digest : status.LastDigest,
                DigestsUntil = place.IsNewestSuccess() ? results.Newest.Min(result => result.DigestsUntil) ?? run.EndTime : status.DigestsUntil,
            },
            BackupVerificationStatus verification => status with
            {
                LastVerification = place.IsNewest() ? verification : status.LastVerification,
                LastVerifiedTime = place.IsNewestSuccess() ? run.EndTime : status.LastVerifiedTime,
            },
            BackupPruneStatus prune => status with
            {
                LastPrune = place.IsNewest() ? prune : status.LastPrune,
                LastPrunedTime = place.IsNewestSuccess() ? run.EndTime : status.LastPrunedTime,
                RecoverableFrom = place.IsNewest(MovesRange) ? results.Newest.Max(result => result.RecoverableFrom) ?? status.RecoverableFrom : status.RecoverableFrom,
            },
            BackupRestoreStatus restore => status with { LastRestore = place.IsNewest() ? restore : status.LastRestore },
            _ => AddBackup(status, told, results, place),
        };
    }

    /// <summary>The newest run of a task that the status knows.</summary>
    public static BackupRunStatus? Last(AuditBackupStatus status, BackupTask task) => task switch
    {
        BackupTask.Backup => status.LastRun,
        BackupTask.Digest => status.LastDigest,
        BackupTask.Verify => status.LastVerification,
        BackupTask.Prune => status.LastPrune,
        _ => status.LastRestore,
    };

    private static AuditBackupStatus AddBackup(AuditBackupStatus status, BackupRunStatus told, RunResults results, Place place)
    {
        if (told.Outcome == BackupOutcomes.Held)
        {
            // Nobody looked at anything, and the row of failures neither grows nor ends.
            return status;
        }

        var next = status with
        {
            LastRun = place.IsNewest(other => other.Task == place.Run.Task && other.Outcome != BackupOutcomes.Held) ? told : status.LastRun,
            Runs = status.Runs + 1,
            FailedRuns = status.FailedRuns + (place.Run.Outcome == BackupOutcomes.Failed ? 1 : 0),
            ConsecutiveFailures = place.Ledger.FailuresInARow(
                status.ConsecutiveFailures, place.Run,
                other => other.Task == place.Run.Task && other.Outcome == BackupOutcomes.Failed, other => other.Task == place.Run.Task && other.Outcome == BackupOutcomes.Succeeded),
        };
        if (!place.IsNewestSuccess())
        {
            return next;
        }

        var made = results.Newest;
        var (bytes, stored) = (made.Sum(result => result.Bytes ?? 0), made.Sum(result => result.StoredBytes ?? 0));
        var only = made.Count == 1 ? made[0] : null;
        return next with
        {
            LastSuccessTime = made.Min(result => result.CreatedAt) ?? told.EndTime,
            // Of several streams, what all of them can go back to.
            RecoverableFrom = place.IsNewest(MovesRange) ? made.Max(result => result.RecoverableFrom) ?? status.RecoverableFrom : status.RecoverableFrom,
            RecoverableTo = made.Min(result => result.RecoverableTo) ?? status.RecoverableTo,
            LastBackup = new MadeBackup
            {
                Number = made.Min(result => result.Number ?? 0),
                Location = EndedRun.Line(made[0].Location),
                RootHash = only?.RootHash,
                Files = made.Sum(result => (long)(result.Files ?? 0)),
                Bytes = bytes,
                StoredBytes = stored,
                SentBytes = made.Sum(result => result.SentBytes ?? 0),
                Ratio = stored > 0 ? ((double)bytes / stored).ToString("0.00", CultureInfo.InvariantCulture) : null,
                LockedUntil = made.All(result => result.LockedUntil is not null) ? made.Min(result => result.LockedUntil) : null,
                Streams = [.. made.Select(result => new BackedUpStream { Name = result.Stream!, Number = result.Number ?? 0, RootHash = result.RootHash })],
            },
        };
    }

    private static BackupRunStatus Of(BackupTask task, EndedRun run, RunResults results)
    {
        var looked = results.Newest.Where(result => result.Error is null).ToList();
        var locks = looked.Select(result => result.LocksHold).OfType<bool>().ToList();
        return task switch
        {
            BackupTask.Backup => Ended(new BackupRunStatus(), run, results),
            BackupTask.Digest => Ended(new BackupDigestStatus(), run, results) with { Number = results.Newest.Min(result => result.Number) },
            BackupTask.Verify => Ended(new BackupVerificationStatus(), run, results) with
            {
                Number = looked.Min(result => result.Number),
                RootHash = looked is [var only] ? only.RootHash : null,
                Files = looked.Sum(result => (long)(result.Files ?? 0)),
                BytesRead = looked.Sum(result => result.BytesRead ?? 0),
                RestoredFiles = looked.Sum(result => (long)(result.RestoredFiles ?? 0)),
                LocksHold = locks.Count == 0 ? null : locks.TrueForAll(holds => holds),
                Problems = looked.Sum(result => result.Problems ?? 0),
            },
            BackupTask.Prune => Ended(new BackupPruneStatus(), run, results) with
            {
                Deleted = results.Newest.Sum(result => result.Deleted ?? 0),
                DeletedBytes = results.Newest.Sum(result => result.DeletedBytes ?? 0),
            },
            _ => Ended(new BackupRestoreStatus(), run, results) with
            {
                Directory = run.Job.Metadata.Name,
                Number = results.Newest.Select(result => result.Number).FirstOrDefault(),
                RestoredFiles = results.Newest.Sum(result => (long)(result.RestoredFiles ?? 0)),
            },
        };
    }

    // A digest that was written proves nothing of the ones before; one that could not go on from them does.
    private static bool? ChainIntact(BackupTask task, RunResults results)
    {
        var looked = results.Newest.Where(result => result.Error is null).Select(result => result.ChainIntact).OfType<bool>().ToList();
        return task == BackupTask.Verify && looked.Count > 0 ? looked.TrueForAll(intact => intact)
            : task == BackupTask.Digest && results.Newest.Any(result => result.ChainIntact == false) ? false
            : null;
    }

    // How far one can go back is what the newest backup or pruning says.
    private static bool MovesRange(CountedBackupRun run) => run.Task == nameof(BackupTask.Prune) || (run.Task == nameof(BackupTask.Backup) && run.Outcome == BackupOutcomes.Succeeded);

    private static T Ended<T>(T status, EndedRun run, RunResults results)
        where T : BackupRunStatus => status with
        {
            Name = run.Job.Metadata.Name,
            Outcome = results.Failure is not null ? BackupOutcomes.Failed
                : results.ResumesAt is null ? BackupOutcomes.Succeeded
                : results.HasBegun ? BackupOutcomes.Paused
                : BackupOutcomes.Held,
            StartTime = run.StartTime,
            EndTime = run.EndTime,
            DurationSeconds = EndedRun.Seconds(run.StartTime, run.EndTime),
            Message = results.Failure ?? (results.ResumesAt is not { } opens ? null
                : results.HasBegun ? string.Create(CultureInfo.InvariantCulture, $"stopped at the end of its window with {results.Newest.Sum(result => result.SentBytes ?? 0)} bytes sent, and goes on when the next one opens at {opens:yyyy-MM-dd'T'HH:mm:ss'Z'}")
                : string.Create(CultureInfo.InvariantCulture, $"due outside of its windows, the next of which opens at {opens:yyyy-MM-dd'T'HH:mm:ss'Z'}")),
            Cause = results.Cause,
        };

    /// <summary>A run among those that are counted.</summary>
    private sealed record Place(RunLedger<CountedBackupRun> Ledger, CountedBackupRun Run)
    {
        /// <summary>Whether no other of its task ended later.</summary>
        public bool IsNewest() => IsNewest(other => other.Task == Run.Task);

        /// <summary>Whether it did what it was for, and none that did ended later.</summary>
        public bool IsNewestSuccess() => Run.Outcome == BackupOutcomes.Succeeded && IsNewest(other => other.Task == Run.Task && other.Outcome == BackupOutcomes.Succeeded);

        public bool IsNewest(Func<CountedBackupRun, bool> among) => Ledger.IsNewest(Run.EndTime, among);
    }
}
