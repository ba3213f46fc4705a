using System.Text.Json;
using System.Text.Json.Serialization;

namespace Comptroller.Kubernetes.Model;

/// <summary>Reads labels: keys and values are shared, for both recur from object to object.</summary>
public sealed class LabelsConverter() : StringMapConverter(shareValues: true);

/// <summary>Reads annotations: keys are shared, and the copy of the manifest that kubectl leaves behind is dropped (rule C3).</summary>
public sealed class AnnotationsConverter() : StringMapConverter(shareValues: false);

/// <summary>Reads a map of strings compactly.</summary>
public abstract class StringMapConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    private readonly bool shareValues;

    private protected StringMapConverter(bool shareValues) => this.shareValues = shareValues;

    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a map of strings is expected");
        }

        var entries = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var dropped = reader.ValueTextEquals("kubectl.kubernetes.io/last-applied-configuration"u8);
            var key = dropped ? "" : StringPool.Read(ref reader);
            reader.Read();
            if (dropped)
            {
                continue;
            }

            entries.Add(reader.TokenType switch
            {
                JsonTokenType.String => new(key, shareValues ? StringPool.Read(ref reader) : reader.GetString()!),
                JsonTokenType.Null => new(key, ""),
                _ => throw new JsonException("a string is expected"),
            });
        }

        return new StringMap(entries);
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in value)
        {
            writer.WriteString(key, text);
        }

        writer.WriteEndObject();
    }
}
