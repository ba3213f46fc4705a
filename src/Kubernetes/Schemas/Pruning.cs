using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Drops what the schema does not know, which is how custom resources are decoded.</summary>
public static class Pruning
{
    /// <summary>
    /// Removes unknown fields from <paramref name="target"/>. Returns their paths (<c>spec.parts[0].zz</c>) in the order in which the
    /// server names them: metadata first, then the others sorted, then metadata of embedded resources.
    /// </summary>
    public static IReadOnlyList<string> Prune(Schema schema, JsonObject target)
    {
        var unknown = new Unknown();
        Object(schema, target, FieldPath.Root, unknown);
        if (unknown.IsEmpty)
        {
            return [];
        }
        unknown.Metadata.Sort(StringComparer.Ordinal);
        unknown.Fields.Sort(StringComparer.Ordinal);
        unknown.Embedded.Sort(StringComparer.Ordinal);
        return [.. unknown.Metadata, .. unknown.Fields, .. unknown.Embedded];
    }

    private static void Value(Schema? schema, JsonNode? value, FieldPath path, Unknown unknown)
    {
        switch (value)
        {
            case JsonObject map:
                Object(schema, map, path, unknown);
                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is JsonObject or JsonArray && (schema is null || !schema.PreservesUnknown || schema.Items is not null))
                    {
                        Value(schema?.Items, list[i], path.Index(i), unknown);
                    }
                }
                break;
        }
    }

    private static void Object(Schema? schema, JsonObject map, FieldPath path, Unknown unknown)
    {
        List<string>? dropped = null;
        foreach (var (name, value) in map)
        {
            if (schema is { IsResource: true } && (name is "apiVersion" or "kind"))
            {
                continue;
            }
            if (schema is { IsResource: true } && name == "metadata")
            {
                Metadata(schema, value, path.Child(name), unknown);
                continue;
            }
            if (schema is not null && schema.Properties.TryGetValue(name, out var declared))
            {
                Value(declared, value, path.Child(name), unknown);
            }
            else if (schema?.AdditionalProperties is { } additional)
            {
                Value(additional, value, path.Child(name), unknown);
            }
            else if (schema is not { PreservesUnknown: true } && schema is not { AllowsAnyProperty: true })
            {
                (dropped ??= []).Add(name);
            }
        }
        foreach (var name in dropped ?? [])
        {
            unknown.Fields.Add(path.Child(name).ToString());
            map.Remove(name);
        }
    }

    private static void Metadata(Schema owner, JsonNode? value, FieldPath path, Unknown unknown)
    {
        if (value is not JsonObject metadata)
        {
            return;
        }
        var found = new Unknown();
        Object(Schema.ObjectMeta, metadata, path, found);
        (owner.IsRoot ? unknown.Metadata : unknown.Embedded).AddRange(found.Fields);
    }

    private sealed class Unknown
    {
        public List<string> Metadata { get; } = [];
        public List<string> Fields { get; } = [];
        public List<string> Embedded { get; } = [];
        public bool IsEmpty => Metadata.Count + Fields.Count + Embedded.Count == 0;
    }
}
