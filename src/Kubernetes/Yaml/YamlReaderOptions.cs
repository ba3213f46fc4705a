namespace Comptroller.Kubernetes.Yaml;

/// <summary>What a reader lets pass. The bounds keep a small file from becoming a large tree.</summary>
public sealed record YamlReaderOptions
{
    /// <summary>A key that appears twice in one mapping is an error; otherwise the last one counts, as for the API server.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>Characters.</summary>
    public int LongestText { get; init; } = 16 * 1024 * 1024;

    /// <summary>Nested mappings and lists.</summary>
    public int DeepestNesting { get; init; } = 200;

    /// <summary>Mappings, lists and scalars of one document after all aliases are expanded.</summary>
    public int MostNodes { get; init; } = 1_000_000;
}
