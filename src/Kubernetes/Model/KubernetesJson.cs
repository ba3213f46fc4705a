using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// How the API's own objects are read and written. Times carry their converters on the properties, so a context of another
/// project that reaches <see cref="ObjectMeta"/> reads and writes them the same way.
/// The generated code assigns null to an init-only property that the JSON lacks, past its initializer: a property with a default
/// therefore says <c>init => field = value ?? default</c>. Items of built-in lists, which come without kind, depend on it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(ObjectMeta))]
[JsonSerializable(typeof(ListMeta))]
[JsonSerializable(typeof(Condition))]
[JsonSerializable(typeof(OwnerReference))]
[JsonSerializable(typeof(PartialObjectMetadata))]
[JsonSerializable(typeof(PartialObjectMetadataList))]
[JsonSerializable(typeof(Status))]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(SelfSubjectAccessReview))]
[JsonSerializable(typeof(CustomResourceDefinition))]
public sealed partial class KubernetesJson : JsonSerializerContext;
