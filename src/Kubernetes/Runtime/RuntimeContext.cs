using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>What every part of the runtime is handed: the clock, the logs and the instruments of this process.</summary>
public sealed record RuntimeContext(TimeProvider Time, ILoggerFactory Loggers, RuntimeMetrics Metrics)
{
    /// <summary>Tells when kinds come that the server does not serve yet; null: their reflectors ask again and again.</summary>
    public KindArrivals? Arrivals { get; init; }
}
