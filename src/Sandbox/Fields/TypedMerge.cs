using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Lays an applied object over the live one: maps key by key, sets and map lists item by item, everything else replaced.</summary>
internal static class TypedMerge
{
    /// <summary>
    /// A new object; neither argument is changed. managedFields are left out: the caller writes them, and copying them would cost
    /// more than the rest of a small object.
    /// </summary>
    public static JsonObject Merge(Schema schema, JsonObject live, JsonObject applied) => MapOf(schema, live, applied, isRoot: true);

    private static JsonNode? ValueOf(Schema schema, JsonNode? live, JsonNode? applied)
    {
        var shape = Typing.ShapeOf(schema, applied);
        if (shape == Shape.Map && !schema.AtomicMap && (applied is JsonObject { Count: > 0 } || (live is JsonObject { Count: > 0 } && applied is JsonObject or null)))
        {
            return live is null or JsonObject ? MapOf(schema, live as JsonObject ?? [], applied as JsonObject ?? []) : applied?.DeepClone();
        }
        if (shape == Shape.List && !Typing.IsAtomicList(schema) && (applied is JsonArray { Count: > 0 } || live is JsonArray { Count: > 0 }))
        {
            return live is null or JsonArray ? ListOf(schema, live as JsonArray ?? [], applied as JsonArray ?? []) : applied?.DeepClone();
        }
        return applied?.DeepClone();
    }

    private static JsonObject MapOf(Schema schema, JsonObject live, JsonObject applied, bool isRoot = false, bool isMetadata = false)
    {
        var merged = new JsonObject();
        foreach (var (name, value) in live)
        {
            if (isMetadata && name == "managedFields")
            {
                continue;
            }
            if (isRoot && name == "metadata" && value is JsonObject metadata)
            {
                merged.Add(name, MapOf(Typing.ChildOf(schema, name)!, metadata, applied[name] as JsonObject ?? [], isMetadata: true));
                continue;
            }
            merged.Add(name, applied.TryGetPropertyValue(name, out var next)
                ? ValueOf(Typing.ChildOf(schema, name) ?? Schema.Untyped, value, next)
                : value?.DeepClone());
        }
        foreach (var (name, value) in applied)
        {
            if (!live.ContainsKey(name))
            {
                merged.Add(name, value?.DeepClone());
            }
        }
        return merged;
    }

    /// <summary>
    /// Live items keep their order and new ones are appended, except that the applied items end up in their own relative order:
    /// an item that stands too early waits until the applied order reaches it.
    /// </summary>
    private static JsonArray ListOf(Schema schema, JsonArray live, JsonArray applied)
    {
        var liveItems = Elements(schema, live);
        var liveIndex = ListIndex.Of(schema, live);
        var appliedIndex = ListIndex.Of(schema, applied);
        var order = appliedIndex.Keys.ToList();
        var shared = new Queue<PathElement>(order.Where(liveIndex.ContainsKey));
        PathElement? nextShared = shared.TryDequeue(out var first) ? first : null;
        var done = new HashSet<PathElement>();
        var merged = new JsonArray();
        var item = Typing.ItemOf(schema);

        void Take(PathElement element)
        {
            done.Add(element);
            var value = appliedIndex[element][0];
            // Of several live items with one key none can be the one that is merged.
            merged.Add(liveIndex.TryGetValue(element, out var old) && old.Count == 1 ? ValueOf(item, old[0], value) : value?.DeepClone());
        }

        for (int left = 0, right = 0; left < liveItems.Count || right < order.Count;)
        {
            if (left < liveItems.Count && right < order.Count)
            {
                var (element, _) = liveItems[left];
                if (element == order[right])
                {
                    Take(element);
                    left++;
                    right++;
                    nextShared = shared.TryDequeue(out var next) ? next : null;
                    continue;
                }
                if (appliedIndex.ContainsKey(element) && nextShared is { } awaited && awaited != element)
                {
                    left++;
                    continue;
                }
            }
            if (left < liveItems.Count)
            {
                var (element, value) = liveItems[left];
                if (!appliedIndex.ContainsKey(element))
                {
                    merged.Add(value?.DeepClone());
                    left++;
                    continue;
                }
                if (done.Contains(element))
                {
                    left++;
                }
            }
            if (right < order.Count)
            {
                var element = order[right++];
                Take(element);
                if (nextShared == element)
                {
                    nextShared = shared.TryDequeue(out var next) ? next : null;
                }
            }
        }
        return merged;
    }

    private static List<(PathElement Element, JsonNode? Value)> Elements(Schema schema, JsonArray list)
    {
        var elements = new List<(PathElement, JsonNode?)>(list.Count);
        foreach (var item in list)
        {
            if (Typing.TryIdentify(schema, item, out var element, out _))
            {
                elements.Add((element, item));
            }
        }
        return elements;
    }
}
