using System.Text.Json.Nodes;

namespace Comptroller.Crds.Tests;

/// <summary>The nodes of a structural schema.</summary>
internal static class SchemaWalk
{
    /// <summary>The schema of the version that is stored, from a CRD.</summary>
    public static JsonObject Of(JsonObject crd) => crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();

    /// <summary>
    /// Every node with its path, such as <c>spec.rules[].level</c>, and how often it can occur in one object at most. The fields that
    /// every object has are left out.
    /// </summary>
    public static IEnumerable<(string Path, JsonObject Schema, long Count)> Nodes(JsonObject root)
    {
        return Below("", root, 1);

        static IEnumerable<(string, JsonObject, long)> Below(string path, JsonObject schema, long count)
        {
            yield return (path, schema, count);
            var children = (schema["properties"] as JsonObject ?? [])
                .Where(property => path.Length > 0 || property.Key is not ("apiVersion" or "kind" or "metadata"))
                .Select(property => (Path: path.Length == 0 ? property.Key : $"{path}.{property.Key}", Schema: property.Value!.AsObject(), Count: count))
                .ToList();
            if (schema["items"] is JsonObject items)
            {
                children.Add(($"{path}[]", items, count * (long)schema["maxItems"]!));
            }

            if (schema["additionalProperties"] is JsonObject values)
            {
                children.Add(($"{path}{{}}", values, count * (long)schema["maxProperties"]!));
            }

            foreach (var node in children.SelectMany(child => Below(child.Path, child.Schema, child.Count)))
            {
                yield return node;
            }
        }
    }
}
