using System.Diagnostics;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>One span per reconcile; nothing is recorded unless somebody listens.</summary>
internal static class RuntimeTracing
{
    public static readonly ActivitySource Source = new("Comptroller.Kubernetes.Runtime");
}
