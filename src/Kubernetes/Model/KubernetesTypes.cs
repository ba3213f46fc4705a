using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Kubernetes.Model;

/// <summary>The kinds that a controller runtime itself speaks of.</summary>
public static class KubernetesTypes
{
    public static ResourceType<Lease> Leases { get; } =
        new("coordination.k8s.io", "v1", "leases", "Lease", Namespaced: true, KubernetesJson.Default.Lease);

    public static ResourceType<Event> Events { get; } =
        new("events.k8s.io", "v1", "events", "Event", Namespaced: true, KubernetesJson.Default.Event);

    public static ResourceType<CustomResourceDefinition> CustomResourceDefinitions { get; } =
        new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", Namespaced: false,
            KubernetesJson.Default.CustomResourceDefinition);

    public static ResourceType<SelfSubjectAccessReview> SelfSubjectAccessReviews { get; } =
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", Namespaced: false,
            KubernetesJson.Default.SelfSubjectAccessReview);

    /// <summary>The kind that a CustomResourceDefinition defines, in its first version.</summary>
    public static ResourceType DefinedBy(JsonObject definition)
    {
        var spec = definition["spec"]!;
        var names = spec["names"]!;
        return new ResourceType(
            (string)spec["group"]!, (string)spec["versions"]![0]!["name"]!, (string)names["plural"]!, (string)names["kind"]!,
            Namespaced: (string)spec["scope"]! == "Namespaced");
    }

    /// <summary>The same kind, its objects read without their content (rule C4).</summary>
    public static ResourceType<PartialObjectMetadata> MetadataOf(ResourceType type) =>
        new(type.Group, type.Version, type.Plural, type.Kind, type.Namespaced, KubernetesJson.Default.PartialObjectMetadata, MetadataOnly: true);

    /// <summary>The same kind, its objects read whole and without a type.</summary>
    public static ResourceType<JsonObject> UntypedOf(ResourceType type) =>
        new(type.Group, type.Version, type.Plural, type.Kind, type.Namespaced, KubernetesJson.Default.JsonObject);
}
