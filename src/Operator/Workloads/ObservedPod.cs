using System.Text.Json.Serialization;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Workloads;

/// <summary>A pod, as far as the result of its run needs it.</summary>
internal sealed record ObservedPod : IKubernetesObject
{
    public static ResourceType<ObservedPod> Type { get; } = new("", "v1", "pods", "Pod", Namespaced: true, ObservedJson.Default.ObservedPod);

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>How the container ended; null while it has not.</summary>
    [JsonIgnore]
    public ContainerEnd? End => Container?.State.Terminated;

    /// <summary>Why the container does not start; null when it does.</summary>
    [JsonIgnore]
    public ContainerWait? Wait => Container?.State.Waiting;

    [JsonIgnore]
    public bool IsRunning => Container?.State.Running is not null;

    [JsonIgnore]
    public bool IsReady => Container is { Ready: true };

    /// <summary>Without the containers that somebody else put beside ours: those are not the run.</summary>
    public ObservedPod Only(string container) =>
        this with { Status = Status with { ContainerStatuses = [.. Status.ContainerStatuses.Where(each => each.Name == container)] } };

    private ContainerStatus? Container => Status.ContainerStatuses.Count > 0 ? Status.ContainerStatuses[0] : null;
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
