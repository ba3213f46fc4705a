using System.Text.Json;
using System.Text.RegularExpressions;

namespace Comptroller.Falcon.Tests.Reports;

/// <summary>The part of JSON Schema that the published schemas use.</summary>
internal static class SchemaCheck
{
    public static List<string> Check(JsonElement schema, JsonElement value, string path = "$")
    {
        var problems = new List<string>();
        if (schema.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(each => each.GetString()!) : [type.GetString()!]).Any(each => Is(each, value)))
        {
            return [$"{path}: {value.ValueKind} is not {type}"];
        }

        if (schema.TryGetProperty("enum", out var values) && !values.EnumerateArray().Any(each => JsonElement.DeepEquals(each, value)))
        {
            problems.Add($"{path}: {value} is not one of {values}");
        }

        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(value.GetString()!, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)))
        {
            problems.Add($"{path}: {value} does not match {pattern}");
        }

        if ((schema.TryGetProperty("minimum", out var least) && value.GetDouble() < least.GetDouble()) || (schema.TryGetProperty("maximum", out var most) && value.GetDouble() > most.GetDouble()))
        {
            problems.Add($"{path}: {value} is out of range");
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            problems.AddRange(value.EnumerateArray().SelectMany((item, index) => Check(items, item, $"{path}[{index}]")));
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            problems.AddRange(Fields(schema, value, path));
        }

        return problems;
    }

    private static IEnumerable<string> Fields(JsonElement schema, JsonElement value, string path)
    {
        foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(each => each.GetString()!) : [])
        {
            if (!value.TryGetProperty(name, out _))
            {
                yield return $"{path}.{name} is missing";
            }
        }

        foreach (var field in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(field.Name, out var of))
            {
                foreach (var problem in Check(of, field.Value, $"{path}.{field.Name}"))
                {
                    yield return problem;
                }
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                foreach (var problem in others.ValueKind == JsonValueKind.Object ? Check(others, field.Value, $"{path}.{field.Name}") : [$"{path}.{field.Name} is unknown"])
                {
                    yield return problem;
                }
            }
        }
    }

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => value.ValueKind == JsonValueKind.Number,
    };
}
