using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// One object that a resource has applied, remembered in the resource's status: enough to find it again for pruning after a
/// restart, and to see without a request that nothing changed (rule W3).
/// </summary>
public sealed record InventoryEntry
{
    /// <summary>API group; empty for the core group.</summary>
    public string Group { get; init => field = value ?? ""; } = "";
    public string Version { get; init => field = value ?? ""; } = "";
    public string Plural { get; init => field = value ?? ""; } = "";
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Empty for cluster-scoped kinds.</summary>
    public string Namespace { get; init => field = value ?? ""; } = "";
    public string Name { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// What the object's version was after our apply: <c>g</c> and its generation when the kind counts generations, otherwise
    /// <c>r</c> and its resource version. A different marker means that somebody wrote to it.
    /// </summary>
    public string Marker { get; init => field = value ?? ""; } = "";

    /// <summary>SHA-256 of the intent, hexadecimal, as <c>IntentHash</c> computes it.</summary>
    public string Hash { get; init => field = value ?? ""; } = "";

    public ObjectKey Key() => new(Namespace, Name);

    /// <summary>True when both name the same object, in whatever version of the API.</summary>
    public bool Names(InventoryEntry other) =>
        Group == other.Group && Kind == other.Kind && Namespace == other.Namespace && Name == other.Name;

    /// <summary>The marker of an object as the server shows it.</summary>
    public static string MarkerOf(ObjectMeta metadata) => metadata.Generation > 0 ? $"g{metadata.Generation}" : $"r{metadata.ResourceVersion}";
}
