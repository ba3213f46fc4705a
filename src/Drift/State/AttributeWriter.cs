using System.Runtime.InteropServices;
using System.Text.Json;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.State;

/// <summary>Writes the attributes of a resource as they are kept: without empty ones, secrets hashed.</summary>
internal static class AttributeWriter
{
    /// <param name="attributes">As the state has them.</param>
    /// <param name="sensitive">Its <c>sensitive_attributes</c>: lists of steps; undefined when it has none.</param>
    /// <param name="writer">Gets the JSON.</param>
    public static void Write(JsonElement attributes, JsonElement sensitive, Utf8JsonWriter writer) => Object(attributes, Paths(sensitive), writer);

    // Steps are attribute names; below the first list or map the whole of it is sensitive, as one cannot say more without the schema.
    private static List<string[]> Paths(JsonElement sensitive)
    {
        var paths = new List<string[]>();
        if (sensitive.ValueKind != JsonValueKind.Array)
        {
            return paths;
        }

        foreach (var path in sensitive.EnumerateArray())
        {
            switch (path.ValueKind)
            {
                case JsonValueKind.Array:
                    var steps = path.EnumerateArray().TakeWhile(step => Text(step, "type") == "get_attr").Select(step => Text(step, "value")).ToArray();
                    if (steps.Length > 0)
                    {
                        paths.Add(steps);
                    }

                    break;
                case JsonValueKind.String:
                    paths.Add([path.GetString()!]);
                    break;
            }
        }

        return paths;
    }

    private static string Text(JsonElement step, string name) =>
        step.ValueKind == JsonValueKind.Object && step.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static void Object(JsonElement value, List<string[]> sensitive, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var property in value.EnumerateObject())
        {
            var inner = property.Value;
            var raw = JsonMarshal.GetRawUtf8PropertyName(property);
            if (raw.Contains((byte)'\\'))
            {
                writer.WritePropertyName(property.Name);
            }
            else
            {
                writer.WritePropertyName(raw);
            }

            if (Values.IsEmpty(inner))
            {
                // Kept as a null: that the attribute exists is what tells an attribute from a guess.
                writer.WriteNullValue();
            }
            else if (Sensitive.IsName(property) || (sensitive.Count > 0 && sensitive.Exists(path => path.Length == 1 && property.NameEquals(path[0]))))
            {
                writer.WriteStringValue(Sensitive.Hash(inner));
            }
            else
            {
                Value(inner, sensitive.Count == 0 ? sensitive : Below(sensitive, property.Name), writer);
            }
        }

        writer.WriteEndObject();
    }

    private static List<string[]> Below(List<string[]> sensitive, string name) =>
        [.. sensitive.Where(path => path.Length > 1 && path[0] == name).Select(path => path[1..])];

    private static void Value(JsonElement value, List<string[]> sensitive, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Object(value, sensitive, writer);
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Value(item, sensitive, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
