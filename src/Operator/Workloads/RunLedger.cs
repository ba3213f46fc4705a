using System.Collections.Immutable;
using Comptroller.Crds.Workloads;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// The runs that a status has counted: the newest one by one, and a time until which all are. So each counts once, in whatever order the cluster tells of them and
/// after a restart as well, and one that is told late takes its place in time. Pure.
/// </summary>
/// <param name="Newest">At most <see cref="CountedRun.Most"/>, oldest first.</param>
/// <param name="Until">What ended until then is counted; null before the list was full for the first time.</param>
internal sealed record RunLedger<T>(ImmutableArray<T> Newest, DateTimeOffset? Until)
    where T : CountedRun
{
    /// <summary>The ledger of a status.</summary>
    /// <param name="newest">Null in a status of an operator that named the newest run alone.</param>
    /// <param name="until">Null for none.</param>
    /// <param name="lastEnd">End of the newest run that such a status names: what ended until then it had counted.</param>
    public static RunLedger<T> Of(IReadOnlyList<T>? newest, DateTimeOffset? until, DateTimeOffset? lastEnd) =>
        newest is null ? new([], until ?? lastEnd) : new([.. newest], until);

    /// <summary>Those runs that are not counted yet, in the order in which they ended.</summary>
    /// <param name="runs">All that are known to have ended.</param>
    /// <param name="id">What tells a run from every other.</param>
    /// <param name="end">When it ended.</param>
    public ImmutableArray<TRun> News<TRun>(IEnumerable<TRun> runs, Func<TRun, string> id, Func<TRun, DateTimeOffset> end) =>
    [
        .. runs.Where(run => !(end(run) <= Until) && !Newest.Any(known => known.Id == id(run)))
            .OrderBy(end).ThenBy(id, StringComparer.Ordinal),
    ];

    /// <summary>Whether none of these runs ended later.</summary>
    public bool IsNewest(DateTimeOffset end, Func<T, bool> among) => !Newest.Any(run => run.EndTime > end && among(run));

    /// <summary>Failures in a row, with one more run.</summary>
    /// <param name="before">Without it.</param>
    /// <param name="run">The run, which is not in the ledger yet.</param>
    /// <param name="isFailure">Lengthens the row.</param>
    /// <param name="isSuccess">Ends it. A run may be neither.</param>
    public int FailuresInARow(int before, T run, Func<T, bool> isFailure, Func<T, bool> isSuccess) =>
        !IsNewest(run.EndTime, isSuccess) ? before
        : isSuccess(run) ? Newest.Count(later => later.EndTime > run.EndTime && isFailure(later))
        : isFailure(run) ? before + 1
        : before;

    /// <summary>The ledger with one more run. Of more than fit in, the oldest is known by its time from now on.</summary>
    public RunLedger<T> With(T run)
    {
        ImmutableArray<T> all = [.. Newest.Where(known => known.Id != run.Id).Append(run).OrderBy(known => known.EndTime).ThenBy(known => known.Id, StringComparer.Ordinal)];
        return all.Length <= CountedRun.Most ? this with { Newest = all }
            : new(all[^CountedRun.Most..], all[^(CountedRun.Most + 1)].EndTime is var gone && !(Until > gone) ? gone : Until);
    }
}
