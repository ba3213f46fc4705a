using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>One object as read, or why it could not be.</summary>
internal readonly record struct Decoded<T>(T? Object, ObjectMeta Metadata, string? Error)
    where T : class;

/// <summary>Reads one object from UTF-8. An object that does not fit its type still gives its metadata (rule R8).</summary>
internal static class ObjectDecoder
{
    /// <exception cref="JsonException">The bytes are not JSON at all.</exception>
    public static Decoded<T> Decode<T>(in ReadOnlySequence<byte> json, ResourceType<T> type)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            var value = JsonSerializer.Deserialize(ref reader, type.Json);
            return value switch
            {
                null => new(null, new ObjectMeta(), "the object is null"),
                IKubernetesObject resource => new(value, resource.Metadata, null),
                JsonObject node => new(Named(node, type) as T, ReadMetadata(json), null),
                _ => new(value, ReadMetadata(json), null),
            };
        }
        // Not only JsonException: converters of the kinds throw what they like, and one bad object must not stop the stream.
        catch (Exception e)
        {
            return new(null, ReadMetadata(json), e.Message);
        }
    }

    /// <summary>Built-in kinds come without apiVersion and kind inside a list.</summary>
    private static JsonObject Named(JsonObject node, ResourceType type)
    {
        if (!node.ContainsKey("apiVersion"))
        {
            node.Insert(0, "apiVersion", type.ApiVersion);
        }

        if (!node.ContainsKey("kind"))
        {
            node.Insert(1, "kind", type.Kind);
        }

        return node;
    }

    /// <summary>The metadata alone: all that a bookmark has, whatever its kind requires.</summary>
    public static ObjectMeta ReadMetadata(in ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("metadata"u8))
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            var value = reader;
            try
            {
                return JsonSerializer.Deserialize(ref reader, KubernetesJson.Default.ObjectMeta) ?? new ObjectMeta();
            }
            catch (JsonException)
            {
                return ReadIdentity(ref value);
            }
        }

        return new ObjectMeta();
    }

    /// <summary>What names the object and moves the watch on, when not even the metadata fit.</summary>
    private static ObjectMeta ReadIdentity(ref Utf8JsonReader reader)
    {
        var metadata = new ObjectMeta();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return metadata;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString();
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                continue;
            }

            metadata = field switch
            {
                "name" => metadata with { Name = reader.GetString()! },
                "namespace" => metadata with { Namespace = reader.GetString() },
                "uid" => metadata with { Uid = reader.GetString() },
                "resourceVersion" => metadata with { ResourceVersion = reader.GetString() },
                _ => metadata,
            };
        }

        return metadata;
    }
}
