using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Fills defaults from the schema.</summary>
public static class Defaulting
{
    /// <summary>
    /// Fills absent fields that have a default, from the outside in, so that a default object gets its nested defaults too.
    /// A null where null is not allowed counts as absent: it becomes the default, or goes if there is none.
    /// </summary>
    /// <param name="keepNulls">
    /// Leaves nulls without a default in place, except in metadata: what an apply carries is not decoded again, so validation meets them.
    /// </param>
    public static void Apply(Schema schema, JsonObject target, bool keepNulls = false)
    {
        if (!keepNulls)
        {
            DropNulls(schema, target);
        }
        else if (schema.IsRoot)
        {
            DropNulls(Schema.ObjectMeta, target["metadata"]);
        }
        Fill(schema, target);
    }

    private static void Fill(Schema? schema, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map when schema is not null:
                foreach (var (name, property) in schema.Properties)
                {
                    if (property.Default is { } filling && (!map.TryGetPropertyValue(name, out var present) || (present is null && !property.Nullable)))
                    {
                        map[name] = filling.DeepClone();
                    }
                }
                var nullsOfMap = schema.AdditionalProperties is { Default: not null, Nullable: false } entries
                    ? map.Where(entry => entry.Value is null && !schema.Properties.ContainsKey(entry.Key)).Select(entry => (entry.Key, entries.Default)).ToList()
                    : [];
                foreach (var (name, filling) in nullsOfMap)
                {
                    map[name] = filling!.DeepClone();
                }
                foreach (var (name, child) in map)
                {
                    if (child is JsonObject or JsonArray)
                    {
                        Fill(schema.Property(name), child);
                    }
                }
                break;
            case JsonArray list when schema?.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is null && !items.Nullable && items.Default is not null)
                    {
                        list[i] = items.Default.DeepClone();
                    }
                    Fill(items, list[i]);
                }
                break;
        }
    }

    private static void DropNulls(Schema? schema, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map when schema is not null:
                List<string>? dropped = null;
                foreach (var (name, child) in map)
                {
                    var property = schema.Property(name);
                    if (child is not null)
                    {
                        DropNulls(property, child);
                    }
                    else if (property is { Nullable: false, Default: null })
                    {
                        (dropped ??= []).Add(name);
                    }
                }
                foreach (var name in dropped ?? [])
                {
                    map.Remove(name);
                }
                break;
            case JsonArray list when schema?.Items is { } items:
                foreach (var item in list)
                {
                    DropNulls(items, item);
                }
                break;
        }
    }
}
