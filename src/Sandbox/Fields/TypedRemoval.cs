using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Takes fields out of an object.</summary>
internal static class TypedRemoval
{
    /// <summary>Removes the members of <paramref name="fields"/> from <paramref name="value"/>, which is changed.</summary>
    public static void Remove(Schema schema, JsonObject value, FieldSet fields) => FromMap(schema, value, fields);

    /// <summary>What is left of a value; null when nothing is. A null then stands where the value was, as on the real server.</summary>
    private static bool Shrink(Schema schema, JsonNode? value, FieldSet fields)
    {
        switch (value)
        {
            case JsonObject map when Typing.ShapeOf(schema, value) == Shape.Map:
                if (schema.AtomicMap)
                {
                    return false;
                }
                FromMap(schema, map, fields);
                return map.Count > 0;
            case JsonArray list when Typing.ShapeOf(schema, value) == Shape.List:
                if (Typing.IsAtomicList(schema))
                {
                    return false;
                }
                FromList(schema, list, fields);
                return list.Count > 0;
            default:
                return value is JsonValue;
        }
    }

    private static void FromMap(Schema schema, JsonObject map, FieldSet fields)
    {
        foreach (var (element, below) in fields.Below)
        {
            if (element.Kind != PathElementKind.Field || !map.TryGetPropertyValue(element.Text, out var child))
            {
                continue;
            }
            if (below.IsMember)
            {
                map.Remove(element.Text);
            }
            else if (below.HasBelow && !Shrink(Typing.ChildOf(schema, element.Text) ?? Schema.Untyped, child, below))
            {
                map[element.Text] = null;
            }
        }
    }

    private static void FromList(Schema schema, JsonArray list, FieldSet fields)
    {
        for (var i = list.Count - 1; i >= 0; i--)
        {
            if (!Typing.TryIdentify(schema, list[i], out var element, out _))
            {
                continue;
            }
            var below = fields[element];
            if (below.IsMember)
            {
                list.RemoveAt(i);
            }
            else if (below.HasBelow && !Shrink(Typing.ItemOf(schema), list[i], below))
            {
                list[i] = null;
            }
        }
    }
}
