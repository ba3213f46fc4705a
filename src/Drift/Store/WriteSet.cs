using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Store;

/// <summary>What one transaction changes, worked out before anything is written. Pure.</summary>
internal sealed class WriteSet
{
    private readonly Dictionary<(DriftStatus Status, Severity Severity, FindingKind Kind, string Provider, string Type), long> _counts = [];

    /// <summary>Drifts that were not there.</summary>
    public List<DriftRecord> Added { get; } = [];

    /// <summary>Drifts of which more than the tally changes.</summary>
    public List<DriftRecord> Altered { get; } = [];

    /// <summary>Drifts that were seen again as they were.</summary>
    public List<DriftRecord> Tallied { get; } = [];

    public List<DriftChange> Changes { get; } = [];

    /// <summary>Who was seen at which drift.</summary>
    public List<(string Drift, ChangeEvent Event, DateTimeOffset Last, long Occurrences)> Actors { get; } = [];

    public IEnumerable<DriftCount> Counts => _counts.Where(each => each.Value != 0)
        .Select(each => new DriftCount(each.Key.Status, each.Key.Severity, each.Key.Kind, each.Key.Provider, each.Key.Type, each.Value));

    /// <summary>What verdicts mean for drifts as they are.</summary>
    /// <param name="verdicts">What was judged.</param>
    /// <param name="before">The drifts it is about, those that are there, by id.</param>
    public static WriteSet Of(Verdicts verdicts, IReadOnlyDictionary<string, DriftRecord> before)
    {
        var set = new WriteSet();
        var after = new Dictionary<string, DriftRecord>(StringComparer.Ordinal);
        foreach (var sighting in verdicts.Sightings)
        {
            var serial = sighting.Finding.Resource is { } resource && verdicts.Serials.TryGetValue(resource.Source, out var known) ? known : (long?)null;
            var was = before.GetValueOrDefault(sighting.Key.Value);
            var now = DriftLife.Seen(was, sighting.Record(verdicts.Now, verdicts.Grace, serial), verdicts.Now);
            after[now.Id] = now;
            set.Put(was, now, verdicts.Now, now.Actor, now.Reason);
            if (sighting.Finding.Event is { } change && change.Actor != Actor.Unknown)
            {
                set.Actors.Add((now.Id, change, sighting.Last, sighting.Occurrences));
            }
        }

        foreach (var settlement in verdicts.Settled)
        {
            if (!after.ContainsKey(settlement.Key.Value) && before.GetValueOrDefault(settlement.Key.Value) is { } was && DriftLife.Settled(was, settlement, verdicts.Now) is { } now)
            {
                set.Put(was, now, verdicts.Now, "", now.Reason);
            }
        }

        return set;
    }

    /// <summary>Adds one drift's way from one look to the next.</summary>
    public void Put(DriftRecord? was, DriftRecord now, DateTimeOffset at, string by, string comment)
    {
        if (was is null)
        {
            Added.Add(now);
        }
        else
        {
            (was == now with { Occurrences = was.Occurrences, LastSeen = was.LastSeen } ? Tallied : Altered).Add(now);
        }

        if (was is not null)
        {
            Count(was, -1);
        }

        Count(now, 1);
        if (DriftChange.Between(was, now, at, by, comment) is { } change)
        {
            Changes.Add(change);
        }
    }

    /// <summary>Takes a drift that is forgotten out of the counts.</summary>
    public void Forget(DriftStatus status, Severity severity, FindingKind kind, string provider, string type, long count)
    {
        var key = (status, severity, kind, provider, type);
        _counts[key] = _counts.GetValueOrDefault(key) - count;
    }

    private void Count(DriftRecord drift, long by)
    {
        var key = (drift.Status, drift.Severity, drift.Kind, drift.Provider, drift.Type);
        _counts[key] = _counts.GetValueOrDefault(key) + by;
    }
}
