using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>
/// The pods of the API servers of the cluster that the operator runs in. Listed when somebody asks, at most once in a while for all who ask,
/// and never watched: one more watch would cost the API server more than it is worth here.
/// </summary>
internal sealed class ApiServerPods(IKubeClient client, TimeProvider time) : IDisposable
{
    private const string Namespace = "kube-system";

    /// <summary>Talos, kubeadm and RKE2 all set it on their static pods.</summary>
    private const string ControlPlane = "tier=control-plane";

    /// <summary>Pods. A control plane has a handful.</summary>
    private const int Most = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim listing = new(1, 1);
    private Answer? last;

    private static ResourceType<JsonObject> Pods { get; } = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "pods", "Pod", Namespaced: true));

    /// <exception cref="KubeApiException">They cannot be listed; with 403, because the operator was not given the permission.</exception>
    public async Task<ImmutableArray<ApiServerPod>> ListAsync(CancellationToken cancellationToken)
    {
        await listing.WaitAsync(cancellationToken);
        try
        {
            if (last is not { } known || time.GetElapsedTime(known.At) >= Fresh)
            {
                last = await AskAsync(cancellationToken);
            }

            return last.Failure is { } failure ? throw failure : last.Pods;
        }
        finally
        {
            listing.Release();
        }
    }

    public void Dispose() => listing.Dispose();

    private async Task<Answer> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var page = await client.ListAsync(Pods, Namespace, new ListOptions { Limit = Most, LabelSelector = ControlPlane }, cancellationToken);
            return new Answer(ApiServerPod.Among(page.Items), null, time.GetTimestamp());
        }
        catch (KubeApiException e)
        {
            return new Answer([], e, time.GetTimestamp());
        }
    }

    private sealed record Answer(ImmutableArray<ApiServerPod> Pods, KubeApiException? Failure, long At);
}
