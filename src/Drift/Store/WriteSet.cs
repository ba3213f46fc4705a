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

    /// <summary>Their numbers, by id; filled where they are written.</summary>
    public Dictionary<string, long> AddedNumbers { get; } = new(StringComparer.Ordinal);

    /// <summary>Drifts of which more than the tally changes.</summary>
    public List<DriftRecord> Altered { get; } = [];

    /// <summary>Drifts that were seen again as they were.</summary>
    public List<DriftRecord> Tallied { get; } = [];

    /// <summary>Sightings of drifts that were not there, or that changed nothing but the tally, and their drifts: another like it would change no more.</summary>
    public List<(Sighting Sighting, DriftRecord Drift)> Seen { get; } = [];

    /// <summary>Drifts that were seen again, by somebody who was seen there before, and need not be read for it.</summary>
    public List<(RecentDrifts.Place Place, Sighting Sighting)> Repeated { get; } = [];

    public List<DriftChange> Changes { get; } = [];

    /// <summary>Who was seen at which drift.</summary>
    public List<(string Drift, ChangeEvent Event, DateTimeOffset Last, long Occurrences)> Actors { get; } = [];

    /// <summary>Rows of those who were seen, by drift; filled where they are written. Who is one too many has none.</summary>
    public Dictionary<string, long> ActorRows { get; } = new(StringComparer.Ordinal);

    public IEnumerable<DriftCount> Counts => _counts.Where(each => each.Value != 0)
        .Select(each => new DriftCount(each.Key.Status, each.Key.Severity, each.Key.Kind, each.Key.Provider, each.Key.Type, each.Value));

    /// <summary>What verdicts mean for drifts as they are.</summary>
    /// <param name="verdicts">What was judged.</param>
    /// <param name="sightings">Those of it that are not repeated ones.</param>
    /// <param name="before">The drifts it is about, those that are there, by id.</param>
    public void Judge(Verdicts verdicts, IReadOnlyCollection<Sighting> sightings, IReadOnlyDictionary<string, DriftRecord> before)
    {
        var ends = verdicts.Settled.ToDictionary(settlement => settlement.Key.Value, StringComparer.Ordinal);
        foreach (var sighting in sightings)
        {
            var was = before.GetValueOrDefault(sighting.Key.Value);
            var now = DriftLife.Seen(was, sighting.Record(verdicts.Now, verdicts.Grace, Serial(verdicts, sighting)), verdicts.Now);
            if (ReferenceEquals(was, now))
            {
                // It was over before this was seen; learning that this changes nothing would hide what is seen so later.
                continue;
            }

            // What ends a drift that was seen in the same batch came after it: intake takes out what came before.
            if (ends.Remove(sighting.Key.Value, out var end) && DriftLife.Settled(now, end, verdicts.Now) is { } over)
            {
                Row(was, over);
                Tell(was, now, verdicts.Now, now.Actor, now.Reason);
                Tell(now, over, verdicts.Now, "", over.Reason);
            }
            else if (Put(was, now, verdicts.Now, now.Actor, now.Reason) || was is null)
            {
                Seen.Add((sighting, now));
            }

            See(sighting);
        }

        foreach (var settlement in ends.Values)
        {
            if (before.GetValueOrDefault(settlement.Key.Value) is { } was && DriftLife.Settled(was, settlement, verdicts.Now) is { } now)
            {
                Put(was, now, verdicts.Now, "", now.Reason);
            }
        }
    }

    /// <summary>Whether a sighting says who it was.</summary>
    public static bool HasActor(Sighting sighting) => sighting.Finding.Event is { } change && change.Actor != Actor.Unknown;

    /// <summary>The serial of the state that a sighting was judged by.</summary>
    public static long? Serial(Verdicts verdicts, Sighting sighting) =>
        sighting.Finding.Resource is { } resource && verdicts.Serials.TryGetValue(resource.Source, out var serial) ? serial : null;

    /// <summary>Adds one drift's way from one look to the next.</summary>
    /// <returns>Whether only the tally changes.</returns>
    public bool Put(DriftRecord? was, DriftRecord now, DateTimeOffset at, string by, string comment)
    {
        if (Row(was, now))
        {
            return true;
        }

        Tell(was, now, at, by, comment);
        return false;
    }

    private bool Row(DriftRecord? was, DriftRecord now)
    {
        if (was is null)
        {
            Added.Add(now);
        }
        else
        {
            if (was == now with { Occurrences = was.Occurrences, LastSeen = was.LastSeen })
            {
                Tallied.Add(now);
                return true;
            }

            Altered.Add(now);
            Count(was, -1);
        }

        Count(now, 1);
        return false;
    }

    private void Tell(DriftRecord? was, DriftRecord now, DateTimeOffset at, string by, string comment)
    {
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

    private void See(Sighting sighting)
    {
        if (HasActor(sighting))
        {
            Actors.Add((sighting.Key.Value, sighting.Finding.Event!, sighting.Last, sighting.Occurrences));
        }
    }

    private void Count(DriftRecord drift, long by)
    {
        var key = (drift.Status, drift.Severity, drift.Kind, drift.Provider, drift.Type);
        _counts[key] = _counts.GetValueOrDefault(key) + by;
    }
}
