using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Events;
using Comptroller.Drift.Intake;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>What the API answers from.</summary>
public sealed record WatchView
{
    public required DriftConfig Config { get; init; }

    public required IDriftStore Store { get; init; }

    public required ApiKeys Keys { get; init; }

    public required Doorkeeper Doorkeeper { get; init; }

    /// <summary>The states as they are now.</summary>
    public required Func<StateIndex> State { get; init; }

    public required Func<IReadOnlyList<StateSourceStatus>> States { get; init; }

    /// <summary>Why this watch cannot be relied on; null when it can.</summary>
    public required Func<string?> Unready { get; init; }

    /// <summary>What came from a cloud since the start.</summary>
    public Func<Provider, ProviderActivity> Activity { get; init; } = _ => ProviderActivity.None;

    /// <summary>When this watch started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Has every state read anew and a full comparison begin.</summary>
    public Action Reload { get; init; } = () => { };

    public required string Version { get; init; }

    public required TimeProvider Time { get; init; }
}
