using System.Text.Json.Serialization;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Workloads;

/// <summary>A Job, as far as the result of its run needs it.</summary>
internal sealed record ObservedJob : IKubernetesObject
{
    public static ResourceType<ObservedJob> Type { get; } = new("batch", "v1", "jobs", "Job", Namespaced: true, ObservedJson.Default.ObservedJob);

    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";

    public string Kind { get; init => field = value ?? "Job"; } = "Job";

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public JobStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>The condition that says it is over; null while it runs.</summary>
    [JsonIgnore]
    public JobCondition? End => Status.Conditions.FirstOrDefault(condition => condition is { Type: "Complete" or "Failed", Status: "True" });

    /// <summary>When it ended, as its status tells; null while it runs.</summary>
    [JsonIgnore]
    public DateTimeOffset? EndTime => End is { } end ? Status.CompletionTime ?? end.LastTransitionTime : null;
}

internal sealed record JobStatus
{
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? StartTime { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary>Pods that succeeded.</summary>
    public int Succeeded { get; init; }

    /// <summary>Pods that failed.</summary>
    public int Failed { get; init; }

    public IReadOnlyList<JobCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Not the API's own condition: a Job's has fields that no other has, and lacks some that all others have.</summary>
internal sealed record JobCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public string Reason { get; init => field = value ?? ""; } = "";

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }
}
