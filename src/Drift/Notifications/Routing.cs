using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Notifications;

/// <summary>What is news, and to whom. Pure.</summary>
internal static class Routing
{
    /// <summary>Whether somebody may have to be told of a change; says it without looking at the drift.</summary>
    public static bool IsNews(DriftChange change) => IsBegin(change) || IsEnd(change);

    /// <summary>A drift that stands as open, anew or with another value.</summary>
    public static bool IsBegin(DriftChange change) => change.To == DriftStatus.Open && (change.From != DriftStatus.Open || change.Value is not null);

    /// <summary>One that was told of and no longer is open.</summary>
    public static bool IsEnd(DriftChange change) => change.From is DriftStatus.Open or DriftStatus.Acknowledged && change.To is DriftStatus.Resolved or DriftStatus.Acknowledged or DriftStatus.Suppressed && change.From != change.To;

    /// <summary>
    /// The news of a window for a channel: of each drift the last. What began and ended within one window is none, and what people decided
    /// is told to alert managers only, which have to stop ringing.
    /// </summary>
    public static List<(DriftChange Change, DriftRecord Drift)> For(ChannelConfig channel, IEnumerable<(DriftChange Change, DriftRecord Drift)> window) =>
    [
        .. window.Where(each => Wants(channel, each.Drift)).GroupBy(each => each.Drift.Id, StringComparer.Ordinal)
            .Where(group => !(IsBegin(group.First().Change) && group.First().Change.From != DriftStatus.Open && IsEnd(group.Last().Change)))
            .Select(group => group.Last())
            .Where(each => IsBegin(each.Change) || (channel.Resolved && (each.Change.To == DriftStatus.Resolved || channel.Type == ChannelType.Alertmanager))),
    ];

    public static bool Wants(ChannelConfig channel, DriftRecord drift) => drift.Severity >= channel.Severity
        && (channel.Kinds.IsEmpty || channel.Kinds.Contains(drift.Kind)) && (channel.Types.IsEmpty || channel.Types.Any(type => type.Matches(drift.Type)));
}
