using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
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

    // What was written and has perhaps not reached the cache yet, by uid; a run on the older state must not cost a request (rule L7).
    private readonly ConcurrentDictionary<string, (string? Version, string Hash)> written = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the resource's metadata after the write, or null when nothing had to be written. Throws a conflict without asking the server
    /// when <paramref name="resource"/> is older than this writer's own last write.
    /// </summary>
    /// <param name="type">The kind.</param>
    /// <param name="resource">The resource as read; its version guards the write.</param>
    /// <param name="observed">The status as read.</param>
    /// <param name="desired">The whole new status.</param>
    /// <param name="json">How a status is encoded.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<ObjectMeta?> WriteAsync<TStatus>(
        ResourceType type, IKubernetesObject resource, TStatus? observed, TStatus desired, JsonTypeInfo<TStatus> json, CancellationToken cancellationToken)
        where TStatus : class
    {
        var next = JsonSerializer.SerializeToUtf8Bytes(desired, json);
        if (observed is not null && Equal(JsonSerializer.SerializeToUtf8Bytes(observed, json), next))
        {
            return null;
        }

        var uid = resource.Metadata.Uid ?? "";
        var hash = Convert.ToHexStringLower(SHA256.HashData(next));
        if (written.TryGetValue(uid, out var last))
        {
            if (ResourceVersions.Compare(resource.Metadata.ResourceVersion, last.Version) is not < 0)
            {
                written.TryRemove(uid, out _);
            }
            else if (last.Hash == hash)
            {
                return null;
            }
            else
            {
                throw new KubeApiException(
                    "APPLY", type.Path(resource.Metadata.Namespace, resource.Metadata.Name, "status"), 409, "Conflict",
                    "the resource in the cache is older than the last status written");
            }
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
            ["status"] = JsonNode.Parse(next),
        };
        // The version is all that is wanted of the answer; the watch brings the rest, and decoding a resource twice is dear.
        var answer = (await client.ApplyAsync(
            KubernetesTypes.MetadataOf(type), resource.Metadata.Namespace, resource.Metadata.Name, body, options, cancellationToken)).Metadata;
        written[uid] = (answer.ResourceVersion, hash);
        return answer;
    }

    // Properties come in the order of the type, so only the entries of a map can be the same in another order.
    private static bool Equal(byte[] left, byte[] right) =>
        left.AsSpan().SequenceEqual(right) || (left.Length == right.Length && JsonNode.DeepEquals(JsonNode.Parse(left), JsonNode.Parse(right)));

    /// <summary>Drops what is remembered of a resource that is gone.</summary>
    public void Forget(string uid) => written.TryRemove(uid, out _);
}
