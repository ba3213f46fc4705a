using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Writes the whole status of a resource by server-side apply under its own field manager (rule W5), unless it says what the
/// resource says already (rule W3). The resource version that was read guards the write: a status computed from an older state
/// gets a 409, which the controller answers by starting over (rules W4, L8).
/// </summary>
/// <param name="client">Where to write.</param>
/// <param name="product">Name of the program; the field manager is <c>product-status</c>.</param>
public sealed class StatusWriter(IKubeClient client, string product)
{
    private readonly ApplyOptions options = new($"{product}-status", Force: true, Subresource: "status");

    /// <summary>Returns the resource as written, or null when nothing had to be written.</summary>
    /// <param name="type">The kind.</param>
    /// <param name="resource">The resource as read; its version guards the write.</param>
    /// <param name="observed">The status as read.</param>
    /// <param name="desired">The whole new status.</param>
    /// <param name="json">How a status is encoded.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<T?> WriteAsync<T, TStatus>(
        ResourceType<T> type, T resource, TStatus? observed, TStatus desired, JsonTypeInfo<TStatus> json, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
        where TStatus : class
    {
        var next = JsonSerializer.SerializeToNode(desired, json);
        if (observed is not null && JsonNode.DeepEquals(JsonSerializer.SerializeToNode(observed, json), next))
        {
            return null;
        }

        var metadata = new JsonObject
        {
            ["name"] = resource.Metadata.Name,
            ["uid"] = resource.Metadata.Uid,
            ["resourceVersion"] = resource.Metadata.ResourceVersion,
        };
        if (type.Namespaced)
        {
            metadata["namespace"] = resource.Metadata.Namespace;
        }

        var body = new JsonObject
        {
            ["apiVersion"] = type.ApiVersion,
            ["kind"] = type.Kind,
            ["metadata"] = metadata,
            ["status"] = next,
        };
        return await client.ApplyAsync(type, resource.Metadata.Namespace, resource.Metadata.Name, body, options, cancellationToken);
    }
}
