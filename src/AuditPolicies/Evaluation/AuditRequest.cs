using Comptroller.AuditPolicies.Model;

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

    /// <summary><c>pods</c> or <c>pods/exec</c>, as rules name it.</summary>
    public string FullResource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    /// <summary>
    /// Whether the API server writes ResponseStarted too, because the response may take as long as the client likes: watches, and
    /// sessions such as exec and port-forward.
    /// </summary>
    public bool IsLongRunning => Verb is "watch" or "proxy"
        || (IsResourceRequest ? Subresource is "attach" or "exec" or "proxy" or "log" or "portforward" : Path.StartsWith("/debug/pprof/", StringComparison.Ordinal));

    /// <summary>The stages at which an event of it exists, panics aside, before any are omitted. A failed authentication has its own.</summary>
    public Stages EmittedStages =>
        User is null ? Stages.ResponseStarted
        : IsLongRunning ? Stages.RequestReceived | Stages.ResponseStarted | Stages.ResponseComplete
        : Stages.RequestReceived | Stages.ResponseComplete;

    /// <summary>For people: <c>get apps/deployments web in prod by alice</c>.</summary>
    public string Describe()
    {
        var what = IsResourceRequest
            ? $"{(ApiGroup.Length == 0 ? "" : ApiGroup + "/")}{FullResource}{(Name.Length == 0 ? "" : " " + Name)}{(Namespace.Length == 0 ? "" : " in " + Namespace)}"
            : Path;
        return $"{Verb} {what} by {User ?? "nobody (401)"}";
    }
}
