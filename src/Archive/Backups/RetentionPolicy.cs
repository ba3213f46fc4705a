using System.Collections.Immutable;
using System.Globalization;

namespace Comptroller.Archive.Backups;

/// <summary>Which backups stay. A backup stays when any of the counts keeps it; all that no count keeps and <see cref="MaxAge"/> does not spare go.</summary>
public sealed record RetentionPolicy
{
    /// <summary>The newest ones.</summary>
    public int KeepLast { get; init; }

    /// <summary>The newest of each of so many days, weeks (ISO 8601), months and years that have one, in UTC.</summary>
    public int KeepDaily { get; init; }

    public int KeepWeekly { get; init; }

    public int KeepMonthly { get; init; }

    public int KeepYearly { get; init; }

    /// <summary>Without any count: younger ones stay. With counts: older ones go although a count would keep them.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Decides. Whatever the policy says, the newest backup and the newest verified one stay, and what is locked is not promised to go.</summary>
    /// <param name="backups">In any order.</param>
    /// <param name="now">The time.</param>
    /// <returns>One verdict a backup, newest first.</returns>
    public ImmutableArray<RetentionVerdict> Decide(IEnumerable<RetainedBackup> backups, DateTimeOffset now)
    {
        var newestFirst = backups.OrderByDescending(backup => backup.Number).ToList();
        var reasons = newestFirst.ToDictionary(backup => backup.Number, _ => new List<string>());
        KeepNewestOf(newestFirst, KeepLast, "last", backup => backup.Number.ToString(CultureInfo.InvariantCulture), reasons);
        KeepNewestOf(newestFirst, KeepDaily, "daily", backup => backup.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), reasons);
        KeepNewestOf(newestFirst, KeepWeekly, "weekly", backup => $"{ISOWeek.GetYear(backup.CreatedAt.UtcDateTime)}-W{ISOWeek.GetWeekOfYear(backup.CreatedAt.UtcDateTime)}", reasons);
        KeepNewestOf(newestFirst, KeepMonthly, "monthly", backup => backup.CreatedAt.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture), reasons);
        KeepNewestOf(newestFirst, KeepYearly, "yearly", backup => backup.CreatedAt.UtcDateTime.ToString("yyyy", CultureInfo.InvariantCulture), reasons);
        var (newest, verified) = (newestFirst.FirstOrDefault(), newestFirst.Find(backup => backup.IsVerified));
        var hasCounts = KeepLast + KeepDaily + KeepWeekly + KeepMonthly + KeepYearly > 0;
        return
        [
            .. newestFirst.Select(backup => new RetentionVerdict(backup, backup switch
            {
                _ when backup == newest => ["newest"],
                _ when backup == verified => ["newest verified"],
                _ => Reasons(backup, reasons[backup.Number], hasCounts, now),
            })),
        ];
    }

    private ImmutableArray<string> Reasons(RetainedBackup backup, List<string> counted, bool hasCounts, DateTimeOffset now)
    {
        var isOld = now - backup.CreatedAt > MaxAge;
        var kept = hasCounts ? (isOld ? [] : counted) : MaxAge is null ? ["no policy"] : isOld ? [] : ["young"];
        return kept.Count == 0 && backup.LockedUntil > now ? [$"locked until {backup.LockedUntil:u}"] : [.. kept];
    }

    private static void KeepNewestOf(List<RetainedBackup> newestFirst, int count, string name, Func<RetainedBackup, string> period, Dictionary<long, List<string>> reasons)
    {
        foreach (var newest in newestFirst.DistinctBy(period).Take(count))
        {
            reasons[newest.Number].Add(name);
        }
    }
}

/// <summary>What retention must know of a backup.</summary>
public sealed record RetainedBackup(long Number, DateTimeOffset CreatedAt, bool IsVerified, DateTimeOffset? LockedUntil);

/// <summary>What becomes of it.</summary>
/// <param name="Backup">The backup.</param>
/// <param name="KeptBy">Why it stays; empty when it goes.</param>
public sealed record RetentionVerdict(RetainedBackup Backup, ImmutableArray<string> KeptBy)
{
    public bool Goes => KeptBy.IsEmpty;
}
