using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Workloads;

/// <summary>Which object controls which.</summary>
internal static class Ownership
{
    /// <summary>The reference to the controller; null when there is none.</summary>
    public static JsonObject? ControllerOf(JsonObject item) =>
        (item["metadata"]?["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(reference => (bool?)reference["controller"] == true);

    /// <summary>The object itself when it is of the kind, its controller when that is.</summary>
    public static ObjectKey? KeyOf(JsonObject item, string kind)
    {
        var @namespace = Text(item["metadata"], "namespace");
        return Text(item, "kind") == kind ? new ObjectKey(@namespace, Text(item["metadata"], "name"))
            : ControllerOf(item) is { } controller && Text(controller, "kind") == kind ? new ObjectKey(@namespace, Text(controller, "name"))
            : null;
    }

    /// <summary>What an object controls, by its uid.</summary>
    public static List<StoredObject> ControlledBy(this ObjectStore store, ServedResource kind, StoredObject owner) =>
        [.. store.Snapshot(kind.Storage).Objects.Where(item => item.Namespace == owner.Namespace && ControllerOf(item.Content) is { } controller && Text(controller, "uid") == owner.Uid)];

    public static JsonArray ReferenceTo(ServedResource kind, StoredObject owner) => new(new JsonObject
    {
        ["apiVersion"] = kind.ApiVersion,
        ["kind"] = kind.Kind,
        ["name"] = owner.Name,
        ["uid"] = owner.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    });

    /// <summary>Time in a field; null when it is absent.</summary>
    public static DateTimeOffset? Time(JsonNode? parent, string field) =>
        Text(parent, field) is { Length: > 0 } text ? DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : null;
}
