using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>What is known, without a request, of the objects that this program has applied: one metadata cache per kind.</summary>
public sealed class OwnedObjects
{
    /// <summary>Marks what a program manages; the caches select by it.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    private const string ByOwner = "owner";

    private readonly Dictionary<(string Group, string Kind), Informer<PartialObjectMetadata>> informers = [];

    /// <summary>Watches the metadata of all objects of a kind that carry the product's label.</summary>
    /// <param name="client">Where to watch.</param>
    /// <param name="type">The owned kind.</param>
    /// <param name="product">Value of the label <see cref="ManagedBy"/>.</param>
    /// <param name="namespaces">Watched namespaces; empty means all.</param>
    /// <param name="required">False when the kind's CRD may be absent.</param>
    /// <param name="context">Clock, logs, metrics.</param>
    public Informer<PartialObjectMetadata> Watch(
        IKubeClient client, ResourceType type, string product, IReadOnlyList<string> namespaces, bool required, RuntimeContext context)
    {
        var informer = new Informer<PartialObjectMetadata>(
            client,
            KubernetesTypes.MetadataOf(type),
            new InformerOptions<PartialObjectMetadata>
            {
                Namespaces = namespaces,
                LabelSelector = $"{ManagedBy}={product}",
                Required = required,
                Trim = Trim,
            },
            context);
        informer.Store.AddIndex(ByOwner, item => item.Metadata.ControllerOwner() is { } owner ? [owner.Uid] : []);
        informers.Add((type.Group, type.Kind), informer);
        foreach (var action in Enum.GetValues<ApplyAction>())
        {
            context.Metrics.Applies.Add(0, new("kind", type.Kind), new("action", ApplyReport.Label(action)));
        }

        return informer;
    }

    /// <summary>The cached objects that an owner controls and that nobody deletes yet.</summary>
    internal IEnumerable<InventoryEntry> OwnedBy(string uid) =>
        from informer in informers.Values
        from item in informer.Store.ByIndex(ByOwner, uid)
        where item.Metadata.DeletionTimestamp is null
        select new InventoryEntry
        {
            Group = informer.Type.Group,
            Version = informer.Type.Version,
            Plural = informer.Type.Plural,
            Kind = informer.Type.Kind,
            Namespace = item.Metadata.Namespace ?? "",
            Name = item.Metadata.Name,
            Uid = item.Metadata.Uid ?? "",
            Marker = InventoryEntry.MarkerOf(item.Metadata),
        };

    /// <summary>The watched kind that an entry names, as this program knows it; null when it is none. An entry is only what a status says.</summary>
    internal ResourceType? TypeOf(InventoryEntry entry) => informers.TryGetValue((entry.Group, entry.Kind), out var informer) ? informer.Type : null;

    internal Observation Look(string group, string kind, ObjectKey key)
    {
        if (!informers.TryGetValue((group, kind), out var informer))
        {
            return new Observation(ObservationState.Unknown);
        }

        if (informer.IsKindMissing)
        {
            return new Observation(ObservationState.KindMissing);
        }

        if (!informer.HasSynced)
        {
            return new Observation(ObservationState.Unknown);
        }

        // The version first: an object that arrives in between is then seen as newer than the cache, never as older.
        var version = informer.LastResourceVersion(key.Namespace);
        return informer.Store.TryGet(key, out var item)
            ? new Observation(ObservationState.Present, item.Metadata, version)
            : new Observation(ObservationState.Absent, CacheVersion: version);
    }

    /// <summary>Keeps what the applier and the owner mapping read: twenty thousand of these stand in memory (rule C3).</summary>
    internal static PartialObjectMetadata Trim(PartialObjectMetadata item)
    {
        var metadata = item.Metadata;
        return item with
        {
            Metadata = new ObjectMeta
            {
                Name = metadata.Name,
                Namespace = metadata.Namespace,
                Uid = metadata.Uid,
                ResourceVersion = metadata.ResourceVersion,
                Generation = metadata.Generation,
                DeletionTimestamp = metadata.DeletionTimestamp,
                OwnerReferences = metadata.ControllerOwner() is { } owner ? [owner] : null,
            },
        };
    }
}

internal enum ObservationState
{
    /// <summary>No cache of the kind, or not filled yet.</summary>
    Unknown,
    KindMissing,
    Absent,
    Present,
}

internal readonly record struct Observation(ObservationState State, ObjectMeta? Metadata = null, string? CacheVersion = null);
