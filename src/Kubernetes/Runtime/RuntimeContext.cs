using Comptroller.Kubernetes.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>What every part of the runtime is handed: the clock, the logs and the instruments of this process.</summary>
public sealed record RuntimeContext(TimeProvider Time, ILoggerFactory Loggers, RuntimeMetrics Metrics);
