using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>Names the owner of an object, for garbage collection. The owner is in the same namespace or cluster-scoped (rule W9).</summary>
public sealed record OwnerReference
{
    [JsonConverter(typeof(SharedStringConverter))]
    public required string ApiVersion { get; init; }

    [JsonConverter(typeof(SharedStringConverter))]
    public required string Kind { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }
    public bool? Controller { get; init; }
    public bool? BlockOwnerDeletion { get; init; }
}
