using System.Collections.Immutable;
using Comptroller.Crds.DriftWatches;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>What a watch tells the operator when it is asked: how drifts stand, by which states it judges, and why it cannot be relied on.</summary>
internal sealed class WatchReports(IDriftStore store, StateSet states, DriftWatcher watcher)
{
    private const int MostRecent = 10;
    private static readonly ImmutableArray<DriftStatus> Open = [DriftStatus.Open];

    public async Task<DriftWatchReport> MakeAsync(CancellationToken cancellationToken)
    {
        var counts = await store.CountsAsync(cancellationToken);
        var recent = await store.ListAsync(new DriftQuery { Statuses = Open, Most = MostRecent }, cancellationToken);
        var statuses = states.Statuses.ToList();
        return new DriftWatchReport
        {
            Unready = watcher.Unready(),
            Drifts = new DriftCounts
            {
                Open = Count(count => count.Status == DriftStatus.Open),
                Critical = Count(count => count is { Status: DriftStatus.Open, Severity: Severity.Critical }),
                High = Count(count => count is { Status: DriftStatus.Open, Severity: Severity.High }),
                Medium = Count(count => count is { Status: DriftStatus.Open, Severity: Severity.Medium }),
                Low = Count(count => count is { Status: DriftStatus.Open, Severity: Severity.Low }),
                Modified = Count(count => count is { Status: DriftStatus.Open, Kind: FindingKind.Modified }),
                Deleted = Count(count => count is { Status: DriftStatus.Open, Kind: FindingKind.Deleted }),
                Unmanaged = Count(count => count is { Status: DriftStatus.Open, Kind: FindingKind.Unmanaged }),
                Pending = Count(count => count.Status == DriftStatus.Pending),
                Acknowledged = Count(count => count.Status == DriftStatus.Acknowledged),
                Suppressed = Count(count => count.Status == DriftStatus.Suppressed),
                Resolved = Count(count => count.Status == DriftStatus.Resolved),
            },
            Coverage = watcher.LastComparison?.Coverage,
            LastComparisonTime = watcher.LastComparison?.SucceededAt,
            ComparisonError = watcher.LastComparison?.Error,
            LastRefreshTime = statuses.TrueForAll(state => state.LoadedAt is not null) ? statuses.Min(state => state.LoadedAt) : null,
            States = [.. statuses.Select(state => new DriftStateStatus { Name = state.Name, Serial = state.Serial, Lineage = state.Lineage, Resources = state.Resources, Error = state.Error })],
            Recent = [.. recent.Drifts.Select(drift => new ReportedDrift
            {
                Id = drift.Id,
                Severity = drift.Severity.Name(),
                Resource = drift.Address.Length > 0 ? drift.Address : $"{drift.Type} {drift.ResourceId}",
                Attribute = drift.Attribute,
                Actor = drift.Actor,
            })],
        };

        long Count(Func<DriftCount, bool> counted) => counts.Where(counted).Sum(count => count.Count);
    }
}
