using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator;

/// <summary>
/// The image that Jobs run: the one this process runs in, so that both sides of a result are of one version. Asked for when it is first needed
/// and never guessed: a start must not wait for the API server, and a wrong image would be written into every Job.
/// </summary>
/// <param name="client">Reads the pod.</param>
/// <param name="configured">What the operator was told to use; null to look.</param>
/// <param name="pod">Name of the own pod.</param>
/// <param name="namespace">Its namespace; null outside a cluster, where it is the image that the manifests name.</param>
internal sealed class OwnImage(IKubeClient client, string? configured, string pod, string? @namespace)
{
    /// <summary>The image that the manifests in deploy/ run.</summary>
    public const string Default = "comptroller:dev";

    private static readonly ResourceType<JsonObject> Pods = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "pods", "Pod", Namespaced: true));

    private string? known = configured ?? (@namespace is null ? Default : null);

    /// <exception cref="KubeApiException">The server does not answer, or withholds the pod: the caller tries again later.</exception>
    /// <exception cref="InvalidDataException">There is no such pod.</exception>
    public async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        if (known is null)
        {
            var page = await client.ListAsync(Pods, @namespace, new ListOptions { FieldSelector = $"metadata.name={pod}", Limit = 1 }, cancellationToken);
            known = page.Items is [var own] && own["spec"]?["containers"]?.AsArray() is [{ } container, ..] && (string?)container["image"] is { Length: > 0 } image
                ? image
                : throw new InvalidDataException($"pod {@namespace}/{pod}, in which this operator should be running, does not exist; name the image of Jobs with --image");
        }

        return known;
    }
}
