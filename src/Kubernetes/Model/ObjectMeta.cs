using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// The metadata that a controller reads. <c>managedFields</c> is left out on purpose: it is half the bytes of most
/// objects and nobody here reads it (rule C3). Keys, kinds and namespaces that many objects share are read into one string each.
/// </summary>
public sealed record ObjectMeta
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string? GenerateName { get; init; }

    [JsonConverter(typeof(SharedStringConverter))]
    public string? Namespace { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }

    /// <summary>Counts changes of the desired state; 0 for kinds that do not count.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Generation { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? CreationTimestamp { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? DeletionTimestamp { get; init; }

    [JsonConverter(typeof(LabelsConverter))]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonConverter(typeof(AnnotationsConverter))]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public IReadOnlyList<OwnerReference>? OwnerReferences { get; init; }

    [JsonConverter(typeof(SharedStringListConverter))]
    public IReadOnlyList<string>? Finalizers { get; init; }

    /// <summary>The owner whose controller manages this object, or null (rule C6).</summary>
    public OwnerReference? ControllerOwner() => OwnerReferences?.FirstOrDefault(owner => owner.Controller == true);
}
