using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Diagnostics;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>A clock, instruments and captured logs for one test.</summary>
internal sealed class TestContext : IDisposable
{
    public TestContext() => Runtime = new RuntimeContext(Time, Logs.Factory, Metrics);

    public ManualTimeProvider Time { get; } = new();
    public CapturedLogs Logs { get; } = new();
    public RuntimeMetrics Metrics { get; } = new();
    public RuntimeContext Runtime { get; }

    public void Dispose()
    {
        Metrics.Dispose();
        Logs.Dispose();
    }
}
