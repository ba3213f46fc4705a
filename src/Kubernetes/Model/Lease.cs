using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>A lock that expires (<c>coordination.k8s.io/v1</c>).</summary>
public sealed record Lease : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "coordination.k8s.io/v1"; } = "coordination.k8s.io/v1";
    public string Kind { get; init => field = value ?? "Lease"; } = "Lease";
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public LeaseSpec? Spec { get; init; }
}

/// <summary>Who holds a lease. All fields of the kind are here, so that a guarded PUT loses none.</summary>
public sealed record LeaseSpec
{
    /// <summary>Empty or absent when the lease is free.</summary>
    public string? HolderIdentity { get; init; }

    /// <summary>Seconds after the last observed renewal at which others may take the lease.</summary>
    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the lease changed hands.</summary>
    public int? LeaseTransitions { get; init; }
    public string? PreferredHolder { get; init; }
    public string? Strategy { get; init; }
}
