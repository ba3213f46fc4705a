namespace Comptroller.Kubernetes.Model;

/// <summary>A custom kind, as far as a client asks whether it is served (<c>apiextensions.k8s.io/v1</c>).</summary>
public sealed record CustomResourceDefinition : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "apiextensions.k8s.io/v1"; } = "apiextensions.k8s.io/v1";
    public string Kind { get; init => field = value ?? "CustomResourceDefinition"; } = "CustomResourceDefinition";
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public CustomResourceDefinitionStatus? Status { get; init; }

    /// <summary>True once the server serves the kind.</summary>
    public bool IsEstablished() => Status?.Conditions?.Any(condition => condition is { Type: "Established", Status: "True" }) == true;

    /// <summary>What the server says keeps it from serving the kind: above all a name that another kind has.</summary>
    public string WhyNotEstablished()
    {
        var conditions = Status?.Conditions ?? [];
        var cause = conditions.FirstOrDefault(condition => condition is { Type: "NamesAccepted", Status: "False" })
            ?? conditions.FirstOrDefault(condition => condition is { Type: "Established", Status: not "True" });
        return cause is null ? "the server has not looked at it yet" : $"{cause.Type}={cause.Status}/{cause.Reason}: {cause.Message}";
    }
}

/// <summary>What the server made of a custom kind.</summary>
public sealed record CustomResourceDefinitionStatus
{
    public IReadOnlyList<CustomResourceDefinitionCondition>? Conditions { get; init; }
    public IReadOnlyList<string>? StoredVersions { get; init; }
}

/// <summary>Like <see cref="Condition"/>, but older: no field but the first two is promised.</summary>
public sealed record CustomResourceDefinitionCondition
{
    public required string Type { get; init; }
    public required string Status { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
}
