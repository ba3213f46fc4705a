using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.PolicyAuditSchedules;

namespace Comptroller.Operator;

/// <summary>The image that this process runs in: Jobs run the same, so that both sides of a result are of one version.</summary>
internal static class OwnImage
{
    private static readonly ResourceType<JsonObject> Pods = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "pods", "Pod", Namespaced: true));

    /// <summary>Reads it from the own pod; outside a cluster, the image that the manifests name.</summary>
    /// <param name="client">Reads the pod.</param>
    /// <param name="pod">Name of the own pod.</param>
    /// <param name="namespace">Its namespace; null outside a cluster.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public static async Task<string> FindAsync(IKubeClient client, string pod, string? @namespace, CancellationToken cancellationToken)
    {
        if (@namespace is null)
        {
            return PolicyAuditInputs.DefaultImage;
        }

        try
        {
            var page = await client.ListAsync(Pods, @namespace, new ListOptions { FieldSelector = $"metadata.name={pod}", Limit = 1 }, cancellationToken);
            return page.Items is [var own] && own["spec"]?["containers"]?.AsArray() is [{ } container, ..] && (string?)container["image"] is { Length: > 0 } image
                ? image : PolicyAuditInputs.DefaultImage;
        }
        catch (KubeApiException)
        {
            // Not permitted with --watch-namespaces, or not reachable yet: an operator that waits for its own name would be worse.
            return PolicyAuditInputs.DefaultImage;
        }
    }
}
