using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>Something that happened to an object, for people to read (<c>events.k8s.io/v1</c>).</summary>
public sealed record Event : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "events.k8s.io/v1"; } = "events.k8s.io/v1";
    public string Kind { get; init => field = value ?? "Event"; } = "Event";
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>When it was first seen.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Present from the second occurrence on.</summary>
    public EventSeries? Series { get; init; }

    /// <summary>Name of the controller, such as <c>comptroller.dev/audit-policy</c>; at most 128 characters.</summary>
    public string? ReportingController { get; init; }

    /// <summary>Name of the process, at most 128 characters.</summary>
    public string? ReportingInstance { get; init; }

    /// <summary>What was attempted, CamelCase, at most 128 characters.</summary>
    public string? Action { get; init; }

    /// <summary>Why, CamelCase, at most 128 characters.</summary>
    public string? Reason { get; init; }

    /// <summary>The object the event is about.</summary>
    public ObjectReference? Regarding { get; init; }
    public ObjectReference? Related { get; init; }

    /// <summary>For people, at most 1024 bytes.</summary>
    public string? Note { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }
}

/// <summary>Repetitions of an event.</summary>
public sealed record EventSeries
{
    public required int Count { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public required DateTimeOffset LastObservedTime { get; init; }
}

/// <summary>Names an object of any kind.</summary>
public sealed record ObjectReference
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public string? FieldPath { get; init; }
}
