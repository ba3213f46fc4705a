using System.Text.Json.Serialization;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;

namespace Comptroller.Operator.PolicyAuditSchedules.Runs;

/// <summary>A pod, as far as the result of its run needs it.</summary>
internal sealed record ObservedPod : IKubernetesObject
{
    public static ResourceType<ObservedPod> Type { get; } = new("", "v1", "pods", "Pod", Namespaced: true, ObservedJson.Default.ObservedPod);

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>How the audit's container ended; null while it has not.</summary>
    [JsonIgnore]
    public ContainerEnd? End => Container?.State.Terminated;

    /// <summary>Why the audit's container does not start; null when it does.</summary>
    [JsonIgnore]
    public ContainerWait? Wait => Container?.State.Waiting;

    [JsonIgnore]
    public bool IsRunning => Container?.State.Running is not null;

    [JsonIgnore]
    public bool IsReady => Container is { Ready: true };

    private ContainerStatus? Container => Status.ContainerStatuses.FirstOrDefault(container => container.Name == AuditPod.ContainerName);
}

internal sealed record PodStatus
{
    [JsonPropertyName("podIP")]
    public string PodIp { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];
}

internal sealed record ContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    public bool Ready { get; init; }

    public ContainerState State { get; init => field = value ?? new(); } = new();
}

internal sealed record ContainerState
{
    public ContainerWait? Waiting { get; init; }

    public ContainerRun? Running { get; init; }

    public ContainerEnd? Terminated { get; init; }
}

internal sealed record ContainerWait
{
    public string Reason { get; init => field = value ?? ""; } = "";

    public string Message { get; init => field = value ?? ""; } = "";
}

internal sealed record ContainerRun
{
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? StartedAt { get; init; }
}

internal sealed record ContainerEnd
{
    public int ExitCode { get; init; }

    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>The termination message.</summary>
    public string? Message { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? StartedAt { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? FinishedAt { get; init; }
}
