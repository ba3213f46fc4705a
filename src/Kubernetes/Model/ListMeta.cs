namespace Comptroller.Kubernetes.Model;

/// <summary>The metadata of a list.</summary>
public sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    /// <summary>Token of the next page; absent on the last.</summary>
    public string? Continue { get; init; }
    public long? RemainingItemCount { get; init; }
}

/// <summary>A list of objects of any kind, seen without their content.</summary>
public sealed record PartialObjectMetadataList
{
    public string ApiVersion { get; init => field = value ?? "meta.k8s.io/v1"; } = "meta.k8s.io/v1";
    public string Kind { get; init => field = value ?? "PartialObjectMetadataList"; } = "PartialObjectMetadataList";
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyList<PartialObjectMetadata> Items { get; init => field = value ?? []; } = [];
}
