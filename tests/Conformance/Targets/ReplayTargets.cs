using Comptroller.Conformance.Score;
using Comptroller.Kubernetes.Client.Configuration;

namespace Comptroller.Conformance.Targets;

/// <summary>Chooses the server: the Sandbox, or the cluster of the kubeconfig that <c>COMPTROLLER_TEST_KUBECONFIG</c> names.</summary>
internal static class ReplayTargets
{
    private static string? Kubeconfig => Environment.GetEnvironmentVariable("COMPTROLLER_TEST_KUBECONFIG") is { Length: > 0 } path ? path : null;

    public static bool IsCluster => Kubeconfig is not null;

    public static async Task<IReplayTargets> FromEnvironmentAsync(CancellationToken cancellationToken) => Kubeconfig is { } path
        ? new ClusterTargets(await new ConfigurationLoader().LoadAsync(path, context: null, cancellationToken))
        : new SandboxTargets();
}
