using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Sets hold no value twice, map lists no key twice. Apply relies on it: an item is found by its value or key.</summary>
public static class ListInvariants
{
    public static void Check(Schema schema, JsonNode? value, FieldPath path, List<FieldError> errors)
    {
        switch (value)
        {
            case JsonObject map:
                foreach (var (name, child) in map)
                {
                    if (child is JsonObject or JsonArray && schema.Property(name) is { } property)
                    {
                        Check(property, child, path.Child(name), errors);
                    }
                }
                break;
            case JsonArray list:
                CheckList(schema, list, path, errors);
                if (schema.Items is { } items)
                {
                    for (var i = 0; i < list.Count; i++)
                    {
                        Check(items, list[i], path.Index(i), errors);
                    }
                }
                break;
        }
    }

    /// <summary>The item of a map list that has the keys of <paramref name="item"/>; null when there is none or it is not unique.</summary>
    public static JsonNode? FindByKeys(Schema schema, JsonArray list, JsonNode? item)
    {
        if (item is not JsonObject wanted)
        {
            return null;
        }
        var key = Scalars.Canonical(KeyOf(schema, wanted));
        JsonNode? found = null;
        foreach (var candidate in list.OfType<JsonObject>())
        {
            if (Scalars.Canonical(KeyOf(schema, candidate)) == key)
            {
                if (found is not null)
                {
                    return null;
                }
                found = candidate;
            }
        }
        return found;
    }

    private static void CheckList(Schema schema, JsonArray list, FieldPath path, List<FieldError> errors)
    {
        if (schema.ListType is not ("set" or "map") || list.Count == 0)
        {
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            JsonNode? identity = list[i];
            if (schema.ListType == "map")
            {
                if (list[i] is not JsonObject item)
                {
                    // Its type is wrong, which the schema reports.
                    continue;
                }
                identity = KeyOf(schema, item);
            }
            if (!seen.Add(Scalars.Canonical(identity)))
            {
                errors.Add(FieldErrors.Duplicate(path.Index(i), identity));
            }
        }
    }

    private static JsonObject KeyOf(Schema schema, JsonObject item)
    {
        var key = new JsonObject();
        foreach (var name in schema.ListMapKeys)
        {
            var value = item[name] ?? schema.Items?.Property(name)?.Default;
            if (value is not null)
            {
                key[name] = value.DeepClone();
            }
        }
        return key;
    }
}
