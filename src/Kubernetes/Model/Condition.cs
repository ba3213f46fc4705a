using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>One observation about an object, as <c>metav1.Condition</c>.</summary>
public sealed record Condition
{
    /// <summary>CamelCase adjective or participle, such as <c>Ready</c>.</summary>
    [JsonConverter(typeof(SharedStringConverter))]
    public required string Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    [JsonConverter(typeof(SharedStringConverter))]
    public required string Status { get; init; }

    /// <summary>The generation of the object that this was judged from.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>When <see cref="Status"/> last changed, in UTC at second precision (rule W6).</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public required DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>CamelCase, never empty.</summary>
    [JsonConverter(typeof(SharedStringConverter))]
    public required string Reason { get; init; }
    public string Message { get; init => field = value ?? ""; } = "";
}
