using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>What a value is under its schema, for the purposes of ownership.</summary>
internal enum Shape
{
    Scalar,
    List,
    Map,
}

/// <summary>A value that may be absent. In JSON a null is a value, so a plain null would not do.</summary>
internal readonly record struct Slot(bool IsPresent, JsonNode? Value)
{
    public static Slot Absent => default;

    public static Slot Of(JsonNode? value) => new(IsPresent: true, value);
}

/// <summary>Reads a structural schema as rules of ownership: shapes, whether a list or map is one field or many, how items are told apart.</summary>
internal static class Typing
{
    /// <summary>The shape of a value; what the schema says decides where the value does not (a null, or a wrong type).</summary>
    public static Shape ShapeOf(Schema schema, JsonNode? value)
    {
        if (schema.Type is null)
        {
            return value switch { JsonArray => Shape.List, JsonValue => Shape.Scalar, _ => Shape.Map };
        }
        return schema.Type switch { "object" => Shape.Map, "array" => Shape.List, _ => Shape.Scalar };
    }

    public static bool IsAtomicList(Schema schema) => schema.ListType is not ("set" or "map");

    /// <summary>The schema of the value under a key; null when the key is unknown and unknown keys are not accepted.</summary>
    public static Schema? ChildOf(Schema schema, string name)
    {
        if (schema.Properties.TryGetValue(name, out var declared))
        {
            return declared;
        }
        if (schema.AdditionalProperties is { } additional)
        {
            return additional;
        }
        return schema.AllowsAnyProperty || schema.AcceptsUndeclared || schema.Properties.Count == 0 ? Schema.Untyped : null;
    }

    public static Schema ItemOf(Schema schema) => schema.Items ?? Schema.Untyped;

    /// <summary>How the item of a set or map list is told apart. False, with the server's words, when it cannot be.</summary>
    public static bool TryIdentify(Schema list, JsonNode? item, out PathElement element, out string problem)
    {
        element = default;
        problem = "";
        if (list.ListType == "set")
        {
            problem = item switch
            {
                null => "associative list without keys has an element that's an explicit null",
                JsonObject => "associative list without keys has an element that's a map type",
                JsonArray => "not supported: associative list with lists as elements",
                _ => "",
            };
            if (problem.Length == 0)
            {
                element = new PathElement(PathElementKind.Value, Scalars.Canonical(item));
            }
            return problem.Length == 0;
        }
        if (item is not JsonObject fields)
        {
            problem = item is null ? "associative list with keys may not have a null element" : "associative list with keys may not have non-map elements";
            return false;
        }
        if (list.ListMapKeys is [var only] && fields.TryGetPropertyValue(only, out var value) && Scalars.AsString(value) is { } text)
        {
            element = new PathElement(PathElementKind.Key, $"{{{Scalars.Quote(only)}:{Scalars.Quote(text)}}}");
            return true;
        }
        var key = new JsonObject();
        foreach (var name in list.ListMapKeys)
        {
            if (fields.TryGetPropertyValue(name, out var given))
            {
                key[name] = given?.DeepClone();
            }
            else if (list.Items?.Property(name)?.Default is { } filling)
            {
                key[name] = filling.DeepClone();
            }
        }
        if (key.Count == 0)
        {
            var names = string.Join(" ", list.ListMapKeys.Select(Scalars.Quote));
            problem = $"associative list with keys has an element that omits all key fields [{names}] (and doesn't have default values for any key fields)";
            return false;
        }
        element = new PathElement(PathElementKind.Key, Scalars.Canonical(key));
        return true;
    }

    /// <summary>What is wrong with a scalar, in the server's words (which show Go's view of the value); null when nothing is.</summary>
    public static string? ScalarProblem(Schema schema, JsonNode? value)
    {
        if (value is null)
        {
            return null;
        }
        var kind = value.GetValueKind();
        switch (schema.Type)
        {
            case "integer" or "number":
                return kind == JsonValueKind.Number ? null : $"expected numeric (int or float), got {GoText.TypeOf(value)}";
            case "string" when schema.Format is null or "byte":
                return kind == JsonValueKind.String ? null : $"expected string, got &value.valueUnstructured{{Value:{GoText.Syntax(value)}}}";
            case "boolean":
                return kind is JsonValueKind.True or JsonValueKind.False ? null : $"expected boolean, got &{{{GoText.Of(value)}}}";
            default:
                return value is JsonValue ? null : $"expected any scalar, got &{{{GoText.Of(value)}}}";
        }
    }
}
