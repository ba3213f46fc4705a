using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Lifecycle;

/// <summary>Findings about the same drift that are written together: a burst of equal events costs one row.</summary>
public sealed class Sighting
{
    private Sighting(DriftKey key, Finding finding, DateTimeOffset time) => (Key, Finding, First, Last, Occurrences) = (key, finding, time, time, 1);

    public DriftKey Key { get; }

    /// <summary>The newest.</summary>
    public Finding Finding { get; private set; }

    public DateTimeOffset First { get; private set; }

    public DateTimeOffset Last { get; private set; }

    public long Occurrences { get; private set; }

    /// <summary>Whether one of them was not suppressed.</summary>
    public bool IsLoud { get; private set; }

    /// <summary>Adds a finding to those of its drift.</summary>
    /// <param name="into">By drift.</param>
    /// <param name="finding">The finding.</param>
    /// <param name="now">Counts when the event has no time, or one that has not come yet: a clock that is ahead must not hide what follows.</param>
    /// <returns>The drift.</returns>
    public static DriftKey Add(Dictionary<DriftKey, Sighting> into, Finding finding, DateTimeOffset now)
    {
        var time = finding.Event?.Time is { } told && told < now ? told : now;
        var key = DriftKey.Of(finding);
        if (!into.TryGetValue(key, out var sighting))
        {
            into[key] = sighting = new Sighting(key, finding, time) { IsLoud = finding.Suppression is null };
            return key;
        }

        sighting.Occurrences++;
        sighting.First = time < sighting.First ? time : sighting.First;
        // The value that is kept is the newest one that somebody has to hear of.
        var isLoud = finding.Suppression is null;
        if (time >= sighting.Last && (isLoud || !sighting.IsLoud))
        {
            sighting.Finding = finding;
        }

        sighting.Last = time > sighting.Last ? time : sighting.Last;
        sighting.IsLoud |= isLoud;
        return key;
    }

    /// <summary>The record that a store without this drift would begin.</summary>
    /// <param name="now">When it is written.</param>
    /// <param name="grace">How long Terraform is given.</param>
    /// <param name="serial">Of the state the finding is about.</param>
    public DriftRecord Record(DateTimeOffset now, TimeSpan grace, long? serial)
    {
        var status = !IsLoud ? DriftStatus.Suppressed : grace > TimeSpan.Zero && Finding.Event is not null ? DriftStatus.Pending : DriftStatus.Open;
        return new DriftRecord
        {
            Id = Key.Value,
            Kind = Finding.Kind,
            Provider = Finding.Provider?.Name() ?? "other",
            Type = Finding.Type,
            ResourceId = Finding.ResourceId,
            Address = Finding.Address,
            State = Finding.Resource?.Source ?? "",
            StateSerial = serial,
            Attribute = Finding.Attribute,
            Old = Text(Finding.Old),
            New = Text(Finding.New),
            Severity = Finding.Severity,
            Rules = string.Join(',', Finding.Rules),
            Status = status,
            Reason = IsLoud ? "" : Finding.Suppression!,
            Occurrences = Occurrences,
            FirstSeen = First,
            LastSeen = Last,
            Due = status == DriftStatus.Pending ? now + grace : null,
            Actor = Finding.Event?.Actor.Name ?? "",
            Event = Finding.Event?.Name ?? "",
        };
    }

    private static string? Text(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : value.GetRawText();
}
