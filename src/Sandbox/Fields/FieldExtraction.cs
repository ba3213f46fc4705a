using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Which fields an object holds: the leaves, the items of sets and map lists, keys that the schema does not name, empty maps and nulls.</summary>
internal static class FieldExtraction
{
    public static FieldSet Of(Schema schema, JsonNode? value)
    {
        switch (Typing.ShapeOf(schema, value))
        {
            case Shape.Scalar:
                return FieldSet.Leaf;
            case Shape.List:
                return Typing.IsAtomicList(schema) ? FieldSet.Leaf : value is JsonArray list ? OfItems(schema, list) : FieldSet.Empty;
            default:
                return schema.AtomicMap ? FieldSet.Leaf : value is JsonObject map ? OfEntries(schema, map) : FieldSet.Empty;
        }
    }

    private static FieldSet OfEntries(Schema schema, JsonObject map)
    {
        var below = new Dictionary<PathElement, FieldSet>(map.Count);
        foreach (var (name, value) in map)
        {
            var set = Of(Typing.ChildOf(schema, name) ?? Schema.Untyped, value);
            if (value is null or JsonObject { Count: 0 } || !schema.Properties.ContainsKey(name))
            {
                set = set.AsMember();
            }
            if (!set.IsEmpty)
            {
                below[PathElement.Field(name)] = set;
            }
        }
        return FieldSet.Of(isMember: false, below);
    }

    private static FieldSet OfItems(Schema schema, JsonArray list)
    {
        var below = new Dictionary<PathElement, FieldSet>(list.Count);
        HashSet<PathElement>? repeated = null;
        foreach (var item in list)
        {
            if (!Typing.TryIdentify(schema, item, out var element, out _))
            {
                continue;
            }
            if (below.ContainsKey(element))
            {
                (repeated ??= []).Add(element);
                continue;
            }
            below[element] = Of(Typing.ItemOf(schema), item).AsMember();
        }
        foreach (var element in repeated ?? [])
        {
            // Items that share a key cannot be told apart below it.
            below[element] = FieldSet.Leaf;
        }
        return FieldSet.Of(isMember: false, below);
    }

    /// <summary>
    /// Makes every declared field that has members below it a member itself. Removing the last field of a parent then removes the
    /// parent, while keys of maps, which have no schema to say they exist, stay.
    /// </summary>
    public static FieldSet WithDeclaredParents(FieldSet set, Schema schema)
    {
        if (!set.HasBelow)
        {
            return set;
        }
        var below = new Dictionary<PathElement, FieldSet>(set.Below.Count);
        foreach (var (element, child) in set.Below)
        {
            var isField = element.Kind == PathElementKind.Field;
            var childSchema = isField ? Typing.ChildOf(schema, element.Text) ?? Schema.Untyped : Typing.ItemOf(schema);
            var full = WithDeclaredParents(child, childSchema);
            below[element] = isField && child.HasBelow && schema.Properties.ContainsKey(element.Text) ? full.AsMember() : full;
        }
        return FieldSet.Of(set.IsMember, below);
    }
}
