namespace Comptroller.Sandbox.Resources;

/// <summary>What the server serves at this moment: the built-in kinds and those of the established CustomResourceDefinitions.</summary>
internal interface IResourceCatalog
{
    /// <summary>
    /// Null when nothing is served there (then the answer is the plain-text 404). The same instance is returned until the
    /// definition changes: encodings are cached by it.
    /// </summary>
    ServedResource? Find(string group, string version, string plural);

    /// <summary>Everything, in discovery order.</summary>
    IReadOnlyList<ServedResource> All { get; }
}
