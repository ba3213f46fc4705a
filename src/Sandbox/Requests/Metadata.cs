using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>Reading and normalizing the metadata of objects on their way into the store.</summary>
internal static class Metadata
{
    private static readonly string[] GoFields =
    [
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    ];

    private static readonly string[] GoEntryFields = ["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"];

    /// <summary>What a client cannot change: it is always taken from the stored object.</summary>
    private static readonly string[] ServerFields = ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"];

    /// <summary>The metadata object, made when missing.</summary>
    public static JsonObject Of(JsonObject body)
    {
        if (body["metadata"] is not JsonObject metadata)
        {
            body["metadata"] = metadata = [];
        }
        return metadata;
    }

    /// <summary>A text field of the metadata; empty when absent.</summary>
    public static string Text(JsonObject body, string name) =>
        body["metadata"]?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string)value! : "";

    /// <summary>Drops nulls and empty values, which Go's ObjectMeta does not keep.</summary>
    public static void Normalize(JsonObject body)
    {
        var metadata = Of(body);
        foreach (var name in metadata.Where(entry => IsEmpty(entry.Key, entry.Value)).Select(entry => entry.Key).ToList())
        {
            metadata.Remove(name);
        }
    }

    /// <summary>Takes what only the server sets from the stored object.</summary>
    public static void KeepServerFields(JsonObject updated, JsonObject existing)
    {
        var metadata = Of(updated);
        var before = Of(existing);
        foreach (var name in ServerFields)
        {
            Keep(metadata, before, name);
        }
        if (Text(updated, "uid").Length == 0)
        {
            Keep(metadata, before, "uid");
        }
        Keep(metadata, before, "name");
        Keep(metadata, before, "namespace");
        Keep(metadata, before, "resourceVersion");
    }

    private static void Keep(JsonObject metadata, JsonObject before, string name)
    {
        if (before[name] is not { } kept)
        {
            metadata.Remove(name);
        }
        else if (!JsonNode.DeepEquals(kept, metadata[name]))
        {
            metadata[name] = kept.DeepClone();
        }
    }

    private static bool IsEmpty(string name, JsonNode? value) => value switch
    {
        null => true,
        // An empty managedFields list is a client's wish to forget the owners, and is read before it is dropped.
        JsonArray list => list.Count == 0 && name != "managedFields",
        JsonObject map => map.Count == 0,
        _ => value.GetValueKind() == JsonValueKind.String && ((string)value!).Length == 0,
    };

    /// <summary>A copy with the fields in the order of Go's structs.</summary>
    public static JsonObject InGoOrder(JsonObject metadata)
    {
        var ordered = Ordered(metadata, GoFields);
        if (ordered["managedFields"] is JsonArray entries)
        {
            ordered["managedFields"] = new JsonArray([.. entries.Select(entry => entry is JsonObject fields ? Ordered(fields, GoEntryFields) : entry?.DeepClone())]);
        }
        return ordered;
    }

    private static JsonObject Ordered(JsonObject source, string[] order)
    {
        var ordered = new JsonObject();
        foreach (var name in order.Concat(source.Select(field => field.Key).Except(order)).Where(source.ContainsKey))
        {
            ordered[name] = source[name]?.DeepClone();
        }
        return ordered;
    }
}
