namespace Comptroller.Kubernetes.Informers;

/// <summary>What an informer watches and what it keeps.</summary>
public sealed record InformerOptions<T>
    where T : class
{
    /// <summary>Namespaces to watch, one reflector each; empty means the whole cluster.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Objects per page of the list (rule Q4).</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>False for kinds the process can live without: start-up does not wait for them, readiness does not need them, and a server without them is no warning.</summary>
    public bool Required { get; init; } = true;

    /// <summary>Drops what nobody reads before an object is stored (rule C3).</summary>
    public Func<T, T>? Trim { get; init; }
}
