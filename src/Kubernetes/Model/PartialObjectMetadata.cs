using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>An object of any kind, seen without its content (rule C4).</summary>
public sealed record PartialObjectMetadata : IKubernetesObject
{
    [JsonConverter(typeof(SharedStringConverter))]
    public string ApiVersion { get; init => field = value ?? "meta.k8s.io/v1"; } = "meta.k8s.io/v1";

    [JsonConverter(typeof(SharedStringConverter))]
    public string Kind { get; init => field = value ?? "PartialObjectMetadata"; } = "PartialObjectMetadata";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
}
