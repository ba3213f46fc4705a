namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>What a policy sees of a request: the attributes after authentication and before authorization and impersonation.</summary>
public sealed record AuditRequest
{
    /// <summary>The authenticated user; null when authentication failed (401). Never the impersonated user.</summary>
    public string? User { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Kubernetes verb, or the lower-case HTTP method of a non-resource request.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the path names an API object or collection; discovery, health and metrics paths do not.</summary>
    public required bool IsResourceRequest { get; init; }

    /// <summary>URL path without query; only non-resource requests are matched by it.</summary>
    public string Path { get; init; } = "";

    public string ApiGroup { get; init; } = "";

    /// <summary>"" for cluster-scoped objects and for lists over all namespaces.</summary>
    public string Namespace { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    /// <summary>Object name; "" for create, list and deletecollection.</summary>
    public string Name { get; init; } = "";
}
