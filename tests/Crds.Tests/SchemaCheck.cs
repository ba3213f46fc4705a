using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.Crds.Tests;

/// <summary>What a schema says about a document, without CEL: enough to know that the samples are accepted.</summary>
internal static class SchemaCheck
{
    public static List<string> Errors(JsonObject schema, JsonNode? value, string path = "")
    {
        var errors = new List<string>();
        Check(schema, value, path, errors);
        return errors;
    }

    private static void Check(JsonObject schema, JsonNode? value, string path, List<string> errors)
    {
        var type = (string?)schema["type"];
        var actual = value?.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "integer",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => "null",
        };
        if (type != actual)
        {
            errors.Add($"{path}: {actual} instead of {type}");
            return;
        }

        switch (value)
        {
            case JsonObject map:
                CheckObject(schema, map, path, errors);
                break;
            case JsonArray list:
                CheckList(schema, list, path, errors);
                break;
            default:
                CheckValue(schema, value!, path, errors);
                break;
        }
    }

    private static void CheckObject(JsonObject schema, JsonObject map, string path, List<string> errors)
    {
        if (schema["properties"] is not JsonObject properties)
        {
            foreach (var (key, child) in map)
            {
                if (schema["additionalProperties"] is JsonObject values)
                {
                    Check(values, child, $"{path}.{key}", errors);
                }
            }

            return;
        }

        errors.AddRange((schema["required"] as JsonArray ?? []).Where(name => !map.ContainsKey((string)name!)).Select(name => $"{path}.{name}: missing"));
        foreach (var (key, child) in map)
        {
            if (properties[key] is JsonObject property)
            {
                Check(property, child, $"{path}.{key}", errors);
            }
            else
            {
                errors.Add($"{path}.{key}: unknown field");
            }
        }
    }

    private static void CheckList(JsonObject schema, JsonArray list, string path, List<string> errors)
    {
        if (list.Count > (long)schema["maxItems"]! || list.Count < (long?)schema["minItems"])
        {
            errors.Add($"{path}: {list.Count} items");
        }

        if ((string?)schema["x-kubernetes-list-type"] == "set" && list.Select(item => item!.ToJsonString()).Distinct().Count() != list.Count)
        {
            errors.Add($"{path}: duplicates in a set");
        }

        for (var i = 0; i < list.Count; i++)
        {
            Check(schema["items"]!.AsObject(), list[i], $"{path}[{i}]", errors);
        }
    }

    private static void CheckValue(JsonObject schema, JsonNode value, string path, List<string> errors)
    {
        if (schema["enum"] is JsonArray allowed && !allowed.Any(item => JsonNode.DeepEquals(item, value)))
        {
            errors.Add($"{path}: {value} is not one of {allowed.ToJsonString()}");
        }

        if (value.GetValueKind() == JsonValueKind.String)
        {
            var text = (string)value!;
            if (text.Length > ((long?)schema["maxLength"] ?? long.MaxValue) || text.Length < ((long?)schema["minLength"] ?? 0))
            {
                errors.Add($"{path}: {text.Length} characters");
            }

            if (schema["pattern"] is { } pattern && !Regex.IsMatch(text, (string)pattern!, RegexOptions.None, TimeSpan.FromSeconds(1)))
            {
                errors.Add($"{path}: {text} does not match {pattern}");
            }
        }
        else if (value.GetValueKind() == JsonValueKind.Number && (value.GetValue<long>() < (long?)schema["minimum"] || value.GetValue<long>() > (long?)schema["maximum"]))
        {
            errors.Add($"{path}: {value} is out of range");
        }
    }
}
