using System.Text.Json;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Comparison;

/// <summary>Takes secrets out of a finding before anybody sees it: those a state marks, and those whose name says what they are.</summary>
internal static class Redaction
{
    public static Finding Of(Finding finding) => Sensitive.IsName(finding.Attribute) || Sensitive.IsHash(finding.Old)
        ? finding with { Old = Shown(finding.Old), New = Shown(finding.New) }
        : finding with { Old = Inside(finding.Old), New = Inside(finding.New) };

    private static JsonElement Shown(JsonElement value) => Values.IsEmpty(value) ? value : Shapes.Text(Sensitive.Shown);

    private static JsonElement Inside(JsonElement value) => HasSecret(value) ? Shapes.Write(writer => Write(value, writer)) : value;

    private static bool HasSecret(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => HasSecretProperty(value),
        JsonValueKind.Array => HasSecretItem(value),
        _ => Sensitive.IsHash(value),
    };

    private static bool HasSecretProperty(JsonElement value)
    {
        foreach (var property in value.EnumerateObject())
        {
            if ((Sensitive.IsName(property) && !Values.IsEmpty(property.Value)) || IsNamedSecret(value, property) || HasSecret(property.Value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasSecretItem(JsonElement value)
    {
        foreach (var item in value.EnumerateArray())
        {
            if (HasSecret(item))
            {
                return true;
            }
        }

        return false;
    }

    // Environments of containers are lists of {"name": "DB_PASSWORD", "value": "…"}.
    private static bool IsNamedSecret(JsonElement owner, JsonProperty property) => property.NameEquals("value"u8)
        && owner.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && Sensitive.IsName(name.GetString()!.ToLowerInvariant());

    /// <summary>Writes a value without its secrets.</summary>
    public static void Write(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    if ((Sensitive.IsName(property) && !Values.IsEmpty(property.Value)) || IsNamedSecret(value, property))
                    {
                        writer.WriteStringValue(Sensitive.Shown);
                    }
                    else
                    {
                        Write(property.Value, writer);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                if (Sensitive.IsHash(value))
                {
                    writer.WriteStringValue(Sensitive.Shown);
                }
                else
                {
                    value.WriteTo(writer);
                }

                break;
        }
    }
}
