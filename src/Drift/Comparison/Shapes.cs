using System.Buffers;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Comparison;

/// <summary>Turns the values of calls into those of Terraform.</summary>
internal static class Shapes
{
    /// <summary>The value as Terraform would keep it.</summary>
    public static JsonElement Terraform(JsonElement value, ValueShape shape) => shape switch
    {
        ValueShape.Tail when value.ValueKind == JsonValueKind.String && value.GetString() is { } text => Text(text[(text.LastIndexOf('/') + 1)..]),
        ValueShape.Blocks => Snake(value),
        ValueShape.Set => Snake(value),
        ValueShape.Pairs when value.ValueKind == JsonValueKind.Array => Write(writer => Pairs(value, writer)),
        ValueShape.Logs => Write(writer => Logs(value, writer)),
        _ => value,
    };

    public static Sameness Comparison(ValueShape shape) => shape switch
    {
        ValueShape.Json => Sameness.State | Sameness.Documents,
        ValueShape.Blocks => Sameness.State | Sameness.Documents | Sameness.LeftOnly,
        _ => Sameness.State,
    };

    /// <summary><c>disableApiTermination</c> and <c>DisableApiTermination</c> are <c>disable_api_termination</c>.</summary>
    public static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var at = 0; at < name.Length; at++)
        {
            var isWordStart = at > 0 && char.IsAsciiLetterUpper(name[at]) && (!char.IsAsciiLetterUpper(name[at - 1]) || (at + 1 < name.Length && char.IsAsciiLetterLower(name[at + 1])));
            if (isWordStart && name[at - 1] != '_')
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[at]));
        }

        return text.ToString();
    }

    private static JsonElement Snake(JsonElement value) => Write(writer => Snake(value, writer));

    private static void Snake(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            // EC2 writes lists as {"items": […]}, CloudFront as {"quantity": n, "items": […]}.
            case JsonValueKind.Object when value.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array:
                Snake(items, writer);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(Snake(property.Name));
                    Snake(property.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Snake(item, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void Pairs(JsonElement list, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var item in list.EnumerateArray().Where(item => item.Text("key").Length > 0))
        {
            writer.WritePropertyName(item.Text("key"));
            writer.WriteStringValue(item.Text("value"));
        }

        writer.WriteEndObject();
    }

    private static void Logs(JsonElement logging, Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        if (logging.Member("clusterLogging") is { ValueKind: JsonValueKind.Array } groups)
        {
            foreach (var type in groups.EnumerateArray().Where(group => group.Text("enabled") == "true").Select(group => group.Member("types")).Where(types => types.ValueKind == JsonValueKind.Array)
                .SelectMany(types => types.EnumerateArray()))
            {
                type.WriteTo(writer);
            }
        }

        writer.WriteEndArray();
    }

    public static JsonElement Text(string text) => Write(writer => writer.WriteStringValue(text));

    public static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
