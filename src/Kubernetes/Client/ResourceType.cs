using System.Text.Json.Serialization.Metadata;

namespace Comptroller.Kubernetes.Client;

/// <summary>A kind as the API serves it: where it lives and how its objects are read.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Version within the group, such as <c>v1</c>.</param>
/// <param name="Plural">Lower-case plural, as in URLs.</param>
/// <param name="Kind">CamelCase kind.</param>
/// <param name="Namespaced">False for cluster-scoped kinds.</param>
public record ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary><c>group/version</c>, or <c>version</c> for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Absolute path of the collection (<paramref name="name"/> null) or of one object, with an optional subresource.</summary>
    public string Path(string? @namespace, string? name = null, string? subresource = null)
    {
        var path = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        if (Namespaced && !string.IsNullOrEmpty(@namespace))
        {
            path += $"/namespaces/{@namespace}";
        }

        path += $"/{Plural}";
        if (name is not null)
        {
            path += $"/{Uri.EscapeDataString(name)}";
        }

        return subresource is null ? path : $"{path}/{subresource}";
    }

    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>A kind whose objects are read as <typeparamref name="T"/>.</summary>
/// <param name="Json">How one object is decoded. Unknown fields are dropped: typed objects are for reading only (rule W11).</param>
/// <param name="MetadataOnly">Ask the server for <c>PartialObjectMetadata</c> instead of whole objects (rule C4).</param>
public sealed record ResourceType<T>(
    string Group, string Version, string Plural, string Kind, bool Namespaced, JsonTypeInfo<T> Json, bool MetadataOnly = false)
    : ResourceType(Group, Version, Plural, Kind, Namespaced)
    where T : class
{
    public override string ToString() => base.ToString();
}
