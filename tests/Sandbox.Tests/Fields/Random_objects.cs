using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Fields;

/// <summary>
/// Seeded schemas with every kind of list and map, and valid objects of them. Sets and map lists are never empty: an empty one owns
/// nothing, so on the real server too it depends on history whether it is there.
/// </summary>
internal sealed class Random_objects(int seed)
{
    private readonly Random _random = new(seed);

    public JsonObject Schema() => new() { ["type"] = "object", ["properties"] = new JsonObject { ["spec"] = Map(3) } };

    public JsonObject Object(JsonObject schema, string name = "x") => new()
    {
        ["apiVersion"] = "conformance.example.dev/v1alpha1",
        ["kind"] = "Widget",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = Value(schema["properties"]!["spec"]!.AsObject()),
    };

    public string Manager() => $"m{_random.Next(3).ToString(CultureInfo.InvariantCulture)}";

    public bool Chance(double probability) => _random.NextDouble() < probability;

    private JsonObject Node(int depth) => depth == 0 ? Scalar() : _random.Next(8) switch
    {
        0 or 1 => Map(depth - 1),
        2 => new JsonObject { ["type"] = "object", ["additionalProperties"] = Node(depth - 1) },
        3 => new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true },
        4 => new JsonObject { ["type"] = "array", ["x-kubernetes-list-type"] = "set", ["items"] = new JsonObject { ["type"] = "string" } },
        5 => MapList(depth),
        6 => new JsonObject { ["type"] = "array", ["items"] = Node(depth - 1) },
        _ => Scalar(),
    };

    private JsonObject Map(int depth)
    {
        var properties = new JsonObject();
        for (var i = 0; i < 4; i++)
        {
            properties[$"f{i.ToString(CultureInfo.InvariantCulture)}"] = Node(depth);
        }
        var map = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (Chance(0.15))
        {
            map["x-kubernetes-map-type"] = "atomic";
        }
        return map;
    }

    private JsonObject MapList(int depth)
    {
        var item = Map(depth - 1);
        item.Remove("x-kubernetes-map-type");
        item["properties"]!["key"] = new JsonObject { ["type"] = "integer" };
        item["required"] = new JsonArray("key");
        return new JsonObject { ["type"] = "array", ["x-kubernetes-list-type"] = "map", ["x-kubernetes-list-map-keys"] = new JsonArray("key"), ["items"] = item };
    }

    private JsonObject Scalar() => new() { ["type"] = ((string[])["string", "integer", "boolean"])[_random.Next(3)] };

    private JsonNode Value(JsonObject schema)
    {
        switch ((string?)schema["type"])
        {
            case "object" when schema["properties"] is JsonObject properties:
                var map = new JsonObject();
                foreach (var (name, node) in properties)
                {
                    if (Chance(0.6))
                    {
                        map[name] = Value(node!.AsObject());
                    }
                }
                return map;
            case "object":
                var entries = new JsonObject();
                for (var i = 0; i < 3; i++)
                {
                    if (Chance(0.5))
                    {
                        entries[$"k{i.ToString(CultureInfo.InvariantCulture)}"] = schema["additionalProperties"] is JsonObject values ? Value(values) : Anything(2);
                    }
                }
                return entries;
            case "array" when (string?)schema["x-kubernetes-list-type"] == "set":
                return new JsonArray([.. Enumerable.Range(0, 4).OrderBy(_ => _random.Next()).Take(_random.Next(1, 4)).Select(i => JsonValue.Create($"v{i.ToString(CultureInfo.InvariantCulture)}"))]);
            case "array" when (string?)schema["x-kubernetes-list-type"] == "map":
                var items = new JsonArray();
                foreach (var key in Enumerable.Range(0, 4).OrderBy(_ => _random.Next()).Take(_random.Next(1, 4)))
                {
                    var item = Value(schema["items"]!.AsObject()).AsObject();
                    item["key"] = key;
                    items.Add((JsonNode)item);
                }
                return items;
            case "array":
                return new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(schema["items"]!.AsObject()))]);
            case "string":
                return JsonValue.Create($"s{_random.Next(3).ToString(CultureInfo.InvariantCulture)}");
            case "integer":
                return JsonValue.Create(_random.Next(3));
            default:
                return JsonValue.Create(Chance(0.5));
        }
    }

    private JsonNode Anything(int depth) => (depth == 0 ? 0 : _random.Next(4)) switch
    {
        1 => new JsonObject { ["a"] = Anything(depth - 1), ["b"] = Anything(depth - 1) },
        2 => new JsonArray(Anything(depth - 1)),
        3 => new JsonObject(),
        _ => JsonValue.Create(_random.Next(3)),
    };
}
