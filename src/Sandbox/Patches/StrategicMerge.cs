using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Patches;

/// <summary>
/// Strategic merge patch of built-in kinds: a merge patch in which the schema makes some lists merge, by key or as sets, and
/// directives (<c>$patch</c>, <c>$retainKeys</c>, <c>$setElementOrder</c>, <c>$deleteFromPrimitiveList</c>) steer the merge.
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string SetElementOrder = "$setElementOrder/";
    private const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";

    /// <summary>A new object; neither argument is changed.</summary>
    /// <exception cref="PatchException">A directive is unknown or a list item lacks its merge key.</exception>
    public static JsonObject Apply(Schema schema, JsonObject target, JsonObject patch) => MergeMap(schema, (JsonObject)target.DeepClone(), patch);

    private static JsonObject MergeMap(Schema schema, JsonObject original, JsonObject patch)
    {
        switch (DirectiveOf(patch))
        {
            case "replace":
                var replacement = (JsonObject)patch.DeepClone();
                replacement.Remove(Directive);
                return replacement;
            case "delete":
                return [];
        }
        if (patch.TryGetPropertyValue(RetainKeys, out var retained))
        {
            Retain(original, patch, retained);
        }
        foreach (var (key, change) in patch)
        {
            if (key.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal))
            {
                DeleteFrom(original, key[DeleteFromPrimitiveList.Length..], change);
            }
            else if (key is not (Directive or RetainKeys) && !key.StartsWith(SetElementOrder, StringComparison.Ordinal))
            {
                MergeField(schema.Property(key) ?? Schema.Untyped, original, key, change);
            }
        }
        foreach (var (key, change) in patch)
        {
            if (key.StartsWith(SetElementOrder, StringComparison.Ordinal) && change is JsonArray order)
            {
                Reorder(schema, original, key[SetElementOrder.Length..], order);
            }
        }
        return original;
    }

    private static void MergeField(Schema schema, JsonObject original, string key, JsonNode? change)
    {
        var value = original[key];
        var strategies = schema.PatchStrategy.Split(',');
        switch (change)
        {
            case null:
                original.Remove(key);
                break;
            case JsonObject map when value is JsonObject old && !strategies.Contains("replace"):
                original.Remove(key);
                original[key] = MergeMap(schema, old, map);
                break;
            case JsonArray list when value is JsonArray old && strategies.Contains("merge"):
                original[key] = MergeList(schema, old, list);
                break;
            default:
                original[key] = WithoutDirectives(change);
                break;
        }
    }

    /// <summary>Drops every field that the patch does not list, for unions where setting one field must clear its siblings.</summary>
    private static void Retain(JsonObject original, JsonObject patch, JsonNode? retained)
    {
        var names = (retained as JsonArray)?.Select(Scalars.AsString).ToHashSet(StringComparer.Ordinal);
        if (names is null || patch.Any(change => change.Value is not null && !change.Key.StartsWith('$') && !names.Contains(change.Key)))
        {
            throw new PatchException("invalid patch format of retainKeys");
        }
        foreach (var dropped in original.Select(field => field.Key).Where(name => !names.Contains(name)).ToList())
        {
            original.Remove(dropped);
        }
    }

    private static void DeleteFrom(JsonObject original, string field, JsonNode? values)
    {
        if (original[field] is JsonArray list && values is JsonArray deleted)
        {
            original[field] = new JsonArray([.. list.Where(item => !deleted.Any(value => Scalars.Same(value, item))).Select(item => item?.DeepClone())]);
        }
    }

    private static JsonArray MergeList(Schema schema, JsonArray original, JsonArray patch)
    {
        if (!original.Concat(patch).Any(item => item is JsonObject))
        {
            var union = original.Concat(patch).DistinctBy(Scalars.Canonical).ToList();
            return Arrange(union, original, patch, Scalars.Canonical);
        }
        var key = schema.PatchMergeKey ?? throw new PatchException("cannot merge lists without merge key");
        var items = Items(original);
        var changes = Items(patch);
        if (changes.Exists(change => DirectiveOf(change) == "replace"))
        {
            return new JsonArray([.. changes.Where(change => DirectiveOf(change) is null).Select(WithoutDirectives)]);
        }
        foreach (var deleted in changes.Where(change => DirectiveOf(change) == "delete").Select(change => KeyOf(change, key)))
        {
            items.RemoveAll(item => Has(item, key, deleted));
        }
        changes.RemoveAll(change => DirectiveOf(change) == "delete");
        var merged = items.ToList<JsonNode?>();
        foreach (var change in changes)
        {
            var identity = KeyOf(change, key);
            var at = merged.FindIndex(item => Has((JsonObject)item!, key, identity));
            if (at < 0)
            {
                merged.Add(WithoutDirectives(change));
            }
            else
            {
                merged[at] = MergeMap(schema.Items ?? Schema.Untyped, (JsonObject)merged[at]!.DeepClone(), change);
            }
        }
        return Arrange(merged, items, changes, item => KeyOf((JsonObject)item!, key));
    }

    private static void Reorder(Schema schema, JsonObject original, string field, JsonArray order)
    {
        if (original[field] is JsonArray list)
        {
            var key = schema.Property(field)?.PatchMergeKey;
            original[field] = Arrange([.. list], list, order, item => key is not null && item is JsonObject map ? KeyOf(map, key) : Scalars.Canonical(item));
        }
    }

    /// <summary>
    /// Items that the patch names in the order of the patch; the others in the order they had, each put before the first named item
    /// that stood behind it.
    /// </summary>
    private static JsonArray Arrange(List<JsonNode?> merged, IEnumerable<JsonNode?> before, IEnumerable<JsonNode?> patch, Func<JsonNode?, string> identity)
    {
        var oldOrder = Positions(before, identity);
        var newOrder = Positions(patch, identity);
        var named = new Queue<JsonNode?>(merged.Where(item => newOrder.ContainsKey(identity(item))).OrderBy(item => newOrder[identity(item)]));
        var others = merged.Where(item => !newOrder.ContainsKey(identity(item))).OrderBy(item => oldOrder.GetValueOrDefault(identity(item), int.MaxValue));
        var arranged = new JsonArray();
        foreach (var other in others)
        {
            while (named.TryPeek(out var next)
                && !(oldOrder.TryGetValue(identity(other), out var left) && oldOrder.TryGetValue(identity(next), out var right) && left < right))
            {
                arranged.Add(named.Dequeue()?.DeepClone());
            }
            arranged.Add(other?.DeepClone());
        }
        foreach (var item in named)
        {
            arranged.Add(item?.DeepClone());
        }
        return arranged;
    }

    private static Dictionary<string, int> Positions(IEnumerable<JsonNode?> items, Func<JsonNode?, string> identity)
    {
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            positions.TryAdd(identity(item), positions.Count);
        }
        return positions;
    }

    private static string? DirectiveOf(JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(Directive, out var value))
        {
            return null;
        }
        var directive = Scalars.AsString(value);
        return directive is "replace" or "delete" or "merge" ? directive : throw new PatchException($"unknown patch type: {directive} in map: {GoText.Of(patch)}");
    }

    private static List<JsonObject> Items(JsonArray list) =>
        [.. list.Select(item => item as JsonObject ?? throw new PatchException("invalid patch: a list mixes maps and other values"))];

    private static bool Has(JsonObject item, string key, string identity) => item.TryGetPropertyValue(key, out var value) && Scalars.Canonical(value) == identity;

    private static string KeyOf(JsonObject item, string key) => item.TryGetPropertyValue(key, out var value)
        ? Scalars.Canonical(value)
        : throw new PatchException($"map: {GoText.Of(item)} does not contain declared merge key: {key}");

    /// <summary>A value that is new to the object: directives in it have nothing to act on, and nulls nothing to delete.</summary>
    private static JsonNode? WithoutDirectives(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                var copy = new JsonObject();
                foreach (var (name, child) in map)
                {
                    if (child is not null && !name.StartsWith('$'))
                    {
                        copy[name] = WithoutDirectives(child);
                    }
                }
                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Where(item => item is not JsonObject map || DirectiveOf(map) != "delete").Select(WithoutDirectives)]);
            default:
                return value?.DeepClone();
        }
    }
}
