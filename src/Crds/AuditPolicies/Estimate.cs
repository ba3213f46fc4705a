using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>What the volume of events is estimated from. For how many days VictoriaLogs keeps them, delivery.retentionDays says; 90 when it does not.</summary>
public sealed record Estimate
{
    public const int MostRequestsPerSecond = 1_000_000;
    public const int MostControlPlanes = 99;
    public const int MostReplicas = 10;

    /// <summary>An estimate with every default. Generated JSON code knows defaults that are not 0 from here only.</summary>
    [JsonConstructor]
    public Estimate(int requestsPerSecond = 100, int controlPlanes = 3, int replicas = 1) =>
        (RequestsPerSecond, ControlPlanes, Replicas) = (requestsPerSecond, controlPlanes, replicas);

    /// <summary>
    /// Requests to all API servers of the cluster together. Ask Prometheus: sum(rate(apiserver_request_total[1d])). The default is
    /// about what some tens of nodes send.
    /// </summary>
    [Range(1, MostRequestsPerSecond)]
    public int RequestsPerSecond { get; init; }

    /// <summary>Control-plane nodes that share the requests.</summary>
    [Range(1, MostControlPlanes)]
    public int ControlPlanes { get; init; }

    /// <summary>Copies of the events that VictoriaLogs keeps.</summary>
    [Range(1, MostReplicas)]
    public int Replicas { get; init; }
}

/// <summary>What the policy would cost. Sizes are in MB (1 000 000 bytes).</summary>
public sealed record EstimateStatus
{
    /// <summary>Events that all API servers write in a second.</summary>
    public long EventsPerSecond { get; init; }

    /// <summary>What all API servers write in a day.</summary>
    public long MegabytesPerDay { get; init; }

    /// <summary>An even share of it for one control-plane node. Behind a load balancer that sticks to one of them, plan half as much again.</summary>
    public long MegabytesPerDayPerNode { get; init; }

    /// <summary>Minutes that an event stays on its node, with an even share, until rotation removes it.</summary>
    public long LocalMinutes { get; init; }

    /// <summary>Disk to provide for VictoriaLogs: the retention at a compression of 10, every copy, and 20 % headroom.</summary>
    public long CentralMegabytes { get; init; }

    /// <summary>What this was computed from, and how far off it may be.</summary>
    [StringLength(256)]
    public string? Basis { get; init; }
}
