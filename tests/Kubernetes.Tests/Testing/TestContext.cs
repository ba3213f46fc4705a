using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>A clock, instruments and silent logs for one test.</summary>
internal sealed class TestContext : IDisposable
{
    public TestContext() => Runtime = new RuntimeContext(Time, NullLoggerFactory.Instance, Metrics);

    public ManualTimeProvider Time { get; } = new();
    public RuntimeMetrics Metrics { get; } = new();
    public RuntimeContext Runtime { get; }

    public void Dispose() => Metrics.Dispose();
}
