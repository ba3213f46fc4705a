using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>One object as it will be applied for one owner.</summary>
internal sealed record Intent(ResourceType Type, ObjectKey Key, JsonObject Desired, OwnerReference Owner, string Hash)
{
    public string OwnerUid => Owner.Uid;

    public (string Group, string Kind, ObjectKey Key) Id => (Type.Group, Type.Kind, Key);

    public static Intent Of(ResourceType ownerType, IKubernetesObject owner, DesiredObject item)
    {
        var key = KeyOf(owner, item);
        if (owner.Metadata.Namespace is { Length: > 0 } home && key.Namespace != home)
        {
            // The garbage collector would delete the object at once (rule W9).
            throw new ArgumentException($"{item.Type.Kind} {key} is not in {home}, the namespace of its owner {owner.Metadata.Name}", nameof(item));
        }

        var reference = new OwnerReference
        {
            ApiVersion = ownerType.ApiVersion,
            Kind = ownerType.Kind,
            Name = owner.Metadata.Name,
            Uid = owner.Metadata.Uid ?? "",
            Controller = true,
            BlockOwnerDeletion = true,
        };
        return new Intent(item.Type, key, item.Body, reference, IntentHash.Of(item.Body, $"{item.Type.ApiVersion} {reference.ApiVersion} {reference.Uid}"));
    }

    public static bool IsNamed(IKubernetesObject owner, DesiredObject item, InventoryEntry entry) =>
        entry.Group == item.Type.Group && entry.Kind == item.Type.Kind && entry.Key() == KeyOf(owner, item);

    public bool IsNamedBy(InventoryEntry entry) => entry.Group == Type.Group && entry.Kind == Type.Kind && entry.Key() == Key;

    public ApplyResult Result(ApplyAction action, string? message = null, KubeApiException? error = null) => new(Type, Key, action, message, error);

    public InventoryEntry Entry(ObjectMeta applied) => new()
    {
        Group = Type.Group,
        Version = Type.Version,
        Plural = Type.Plural,
        Kind = Type.Kind,
        Namespace = Key.Namespace,
        Name = Key.Name,
        Uid = applied.Uid ?? "",
        Marker = InventoryEntry.MarkerOf(applied),
        Hash = Hash,
    };

    /// <summary>The whole intent: the desired object, its owner, its label, and the uid when it exists (rule W4).</summary>
    /// <param name="product">Value of the managed-by label.</param>
    /// <param name="uid">Of the object that is to be changed.</param>
    /// <param name="mustBeNew">
    /// Names a resource version that no object ever has. The server ignores it when it creates and answers 409 when the object
    /// exists, forced or not: a creation that takes nothing over, in one request and without a read.
    /// </param>
    public JsonObject Body(string product, string? uid, bool mustBeNew)
    {
        var body = (JsonObject)Desired.DeepClone();
        body["apiVersion"] = Type.ApiVersion;
        body["kind"] = Type.Kind;
        var metadata = body["metadata"]!.AsObject();
        if (Type.Namespaced)
        {
            metadata["namespace"] = Key.Namespace;
        }

        if (uid is not null)
        {
            metadata["uid"] = uid;
        }

        if (mustBeNew)
        {
            metadata["resourceVersion"] = "1";
        }

        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        labels[OwnedObjects.ManagedBy] = product;
        metadata["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = Owner.ApiVersion,
            ["kind"] = Owner.Kind,
            ["name"] = Owner.Name,
            ["uid"] = Owner.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        return body;
    }

    private static ObjectKey KeyOf(IKubernetesObject owner, DesiredObject item)
    {
        var metadata = item.Body["metadata"] as JsonObject;
        var name = (string?)metadata?["name"] ?? throw new ArgumentException($"a desired {item.Type.Kind} has no metadata.name", nameof(item));
        return new ObjectKey(item.Type.Namespaced ? (string?)metadata!["namespace"] ?? owner.Metadata.Namespace ?? "" : "", name);
    }
}
