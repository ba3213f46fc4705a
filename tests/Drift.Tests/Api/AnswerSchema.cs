using System.Text.Json;

namespace Comptroller.Drift.Tests.Api;

/// <summary>Holds answers against the schemas of the document.</summary>
internal static class AnswerSchema
{
    /// <summary>What an answer has that its schema has not, and what is of another type; empty when it fits.</summary>
    public static List<string> Misfits(JsonElement document, string schema, JsonElement value)
    {
        var misfits = new List<string>();
        Check(document.GetProperty("components").GetProperty("schemas"), Reference(schema), value, schema, misfits);
        return misfits;
    }

    private static JsonElement Reference(string schema) => JsonElement.Parse($$"""{"$ref":"#/components/schemas/{{schema}}"}""");

    private static void Check(JsonElement schemas, JsonElement schema, JsonElement value, string place, List<string> misfits)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(schemas, schemas.GetProperty(reference.GetString()!.Split('/')[^1]), value, place, misfits);
            return;
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(name => Is(value, name)))
        {
            misfits.Add($"{place}: {value.ValueKind} is no {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var names) && !names.EnumerateArray().Any(name => name.ValueEquals(value.GetString())))
        {
            misfits.Add($"{place}: {value} is none of {names}");
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(schemas, items, item, $"{place}[]", misfits);
            }
        }

        if (value.ValueKind != JsonValueKind.Object || !(schema.TryGetProperty("properties", out var properties) | schema.TryGetProperty("additionalProperties", out var rest)))
        {
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(member.Name, out var known))
            {
                Check(schemas, known, member.Value, $"{place}.{member.Name}", misfits);
            }
            else if (rest.ValueKind == JsonValueKind.Object)
            {
                Check(schemas, rest, member.Value, $"{place}.*", misfits);
            }
            else
            {
                misfits.Add($"{place}.{member.Name} is not in the document");
            }
        }
    }

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(name => name.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => value.ValueKind == JsonValueKind.Null,
    };
}
