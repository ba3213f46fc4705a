using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>The answer to a request that failed, or that has nothing better to return (<c>metav1.Status</c>, rule Q1).</summary>
public sealed record Status
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Status"; } = "Status";

    /// <summary><c>Success</c> or <c>Failure</c>.</summary>
    [JsonPropertyName("status")]
    public string? Result { get; init; }
    public string? Message { get; init; }

    /// <summary>CamelCase and machine-readable, such as <c>AlreadyExists</c>.</summary>
    public string? Reason { get; init; }
    public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status code, repeated.</summary>
    public int? Code { get; init; }
}

/// <summary>What a failed request was about.</summary>
public sealed record StatusDetails
{
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Kind { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyList<StatusDetailsCause>? Causes { get; init; }
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>One of several reasons for which a request failed.</summary>
public sealed record StatusDetailsCause
{
    public string? Reason { get; init; }
    public string? Message { get; init; }

    /// <summary>Path of the field, such as <c>spec.rules[0].level</c>.</summary>
    public string? Field { get; init; }
}
