using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Intake;
using Comptroller.Kubernetes.Diagnostics;
using DriftWatchReport = Comptroller.Crds.DriftWatches.DriftWatchReport;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>What the server hands requests to.</summary>
internal sealed record WatchParts
{
    public required WatchView View { get; init; }

    public required DriftApi Api { get; init; }

    public required EventIntake Intake { get; init; }

    public required DriftFeed Feed { get; init; }

    public required ApiFigures Figures { get; init; }

    public required PrometheusExporter Metrics { get; init; }

    /// <summary>How long a client of a stream may take to read what it is sent.</summary>
    public TimeSpan StreamPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a body of more than a few alerts may take to arrive.</summary>
    public TimeSpan BodyPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the operator is told, like probes without credentials: counts and names.</summary>
    public Func<CancellationToken, Task<DriftWatchReport>>? Report { get; init; }

    /// <summary>Told of faults.</summary>
    public Action<string> Warned { get; init; } = _ => { };

    /// <summary>Told what callers did wrong; may be much.</summary>
    public Action<string> Noted { get; init; } = _ => { };
}
