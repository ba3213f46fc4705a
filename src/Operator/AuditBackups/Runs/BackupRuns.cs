using System.Globalization;
using Comptroller.Crds.AuditBackups;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Runs;

/// <summary>From runs that have ended to what the status says. A run that did not do what it was for never counts as one that did. Pure.</summary>
internal static class BackupRuns
{
    /// <summary>The status after a run.</summary>
    /// <param name="status">Before it.</param>
    /// <param name="task">What it was for.</param>
    /// <param name="run">The Job that is over.</param>
    /// <param name="pods">How many streams it was to look after.</param>
    public static AuditBackupStatus AddTo(AuditBackupStatus status, BackupTask task, EndedRun run, int pods)
    {
        var results = new RunResults(task, run, pods);
        status = status with { LocationAvailable = results.ReachedStore ?? status.LocationAvailable };
        return task switch
        {
            BackupTask.Backup => AddBackup(status, run, results),
            BackupTask.Digest => AddDigest(status, run, results),
            BackupTask.Verify => AddVerification(status, run, results),
            BackupTask.Prune => AddPrune(status, run, results),
            _ => status with
            {
                LastRestore = Ended(new BackupRestoreStatus(), run, results) with
                {
                    Directory = run.Job.Metadata.Name,
                    Number = results.Newest.Select(result => result.Number).FirstOrDefault(),
                    RestoredFiles = results.Newest.Sum(result => (long)(result.RestoredFiles ?? 0)),
                },
            },
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

    private static AuditBackupStatus AddBackup(AuditBackupStatus status, EndedRun run, RunResults results)
    {
        var failed = results.Failure is not null;
        var next = status with
        {
            LastRun = Ended(new BackupRunStatus(), run, results),
            Runs = status.Runs + 1,
            FailedRuns = status.FailedRuns + (failed ? 1 : 0),
            ConsecutiveFailures = failed ? status.ConsecutiveFailures + 1 : 0,
        };
        if (failed)
        {
            return next;
        }

        var made = results.Newest;
        var (bytes, stored) = (made.Sum(result => result.Bytes ?? 0), made.Sum(result => result.StoredBytes ?? 0));
        var only = made.Count == 1 ? made[0] : null;
        return next with
        {
            LastSuccessTime = made.Min(result => result.CreatedAt) ?? run.EndTime,
            // Of several streams, what all of them can go back to.
            RecoverableFrom = made.Max(result => result.RecoverableFrom) ?? status.RecoverableFrom,
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

    private static AuditBackupStatus AddDigest(AuditBackupStatus status, EndedRun run, RunResults results)
    {
        var next = status with
        {
            LastDigest = Ended(new BackupDigestStatus(), run, results) with { Number = results.Newest.Min(result => result.Number) },
            // A digest that was written proves nothing of the ones before; one that could not go on from them does.
            ChainIntact = results.Newest.Any(result => result.ChainIntact == false) ? false : status.ChainIntact,
        };
        return results.Failure is not null ? next : next with { DigestsUntil = results.Newest.Min(result => result.DigestsUntil) ?? run.EndTime };
    }

    private static AuditBackupStatus AddVerification(AuditBackupStatus status, EndedRun run, RunResults results)
    {
        var looked = results.Newest.Where(result => result.Error is null).ToList();
        var chains = looked.Select(result => result.ChainIntact).OfType<bool>().ToList();
        var locks = looked.Select(result => result.LocksHold).OfType<bool>().ToList();
        var next = status with
        {
            LastVerification = Ended(new BackupVerificationStatus(), run, results) with
            {
                Number = looked.Min(result => result.Number),
                RootHash = looked is [var only] ? only.RootHash : null,
                Files = looked.Sum(result => (long)(result.Files ?? 0)),
                BytesRead = looked.Sum(result => result.BytesRead ?? 0),
                RestoredFiles = looked.Sum(result => (long)(result.RestoredFiles ?? 0)),
                LocksHold = locks.Count == 0 ? null : locks.TrueForAll(holds => holds),
                Problems = looked.Sum(result => result.Problems ?? 0),
            },
            ChainIntact = chains.Count == 0 ? status.ChainIntact : chains.TrueForAll(intact => intact),
        };
        return results.Failure is not null ? next : next with { LastVerifiedTime = run.EndTime };
    }

    private static AuditBackupStatus AddPrune(AuditBackupStatus status, EndedRun run, RunResults results)
    {
        var next = status with
        {
            LastPrune = Ended(new BackupPruneStatus(), run, results) with
            {
                Deleted = results.Newest.Sum(result => result.Deleted ?? 0),
                DeletedBytes = results.Newest.Sum(result => result.DeletedBytes ?? 0),
            },
            RecoverableFrom = results.Newest.Max(result => result.RecoverableFrom) ?? status.RecoverableFrom,
        };
        return results.Failure is not null ? next : next with { LastPrunedTime = run.EndTime };
    }

    private static T Ended<T>(T status, EndedRun run, RunResults results)
        where T : BackupRunStatus => status with
        {
            Name = run.Job.Metadata.Name,
            Outcome = results.Failure is null ? BackupOutcomes.Succeeded : BackupOutcomes.Failed,
            StartTime = run.StartTime,
            EndTime = run.EndTime,
            DurationSeconds = EndedRun.Seconds(run.StartTime, run.EndTime),
            Message = results.Failure,
            Cause = results.Cause,
        };
}
