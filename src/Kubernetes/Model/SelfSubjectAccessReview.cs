namespace Comptroller.Kubernetes.Model;

/// <summary>Asks the server whether the caller may do something (<c>authorization.k8s.io/v1</c>).</summary>
public sealed record SelfSubjectAccessReview : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "authorization.k8s.io/v1"; } = "authorization.k8s.io/v1";
    public string Kind { get; init => field = value ?? "SelfSubjectAccessReview"; } = "SelfSubjectAccessReview";
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public SelfSubjectAccessReviewSpec? Spec { get; init; }
    public SubjectAccessReviewStatus? Status { get; init; }
}

/// <summary>The question.</summary>
public sealed record SelfSubjectAccessReviewSpec
{
    public ResourceAttributes? ResourceAttributes { get; init; }
}

/// <summary>A request on a resource. Empty namespace means all namespaces, empty name all names.</summary>
public sealed record ResourceAttributes
{
    public string? Namespace { get; init; }
    public string? Verb { get; init; }
    public string? Group { get; init; }
    public string? Version { get; init; }
    public string? Resource { get; init; }
    public string? Subresource { get; init; }
    public string? Name { get; init; }
}

/// <summary>The answer.</summary>
public sealed record SubjectAccessReviewStatus
{
    public bool Allowed { get; init; }
    public bool Denied { get; init; }
    public string? Reason { get; init; }

    /// <summary>What went wrong while deciding; the answer may still be good.</summary>
    public string? EvaluationError { get; init; }
}
