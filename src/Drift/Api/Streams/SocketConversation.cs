using System.Text.Json;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Api.Streams;

/// <summary>
/// What is said over a WebSocket: the client subscribes, filters and pings, the server answers and sends events, each message one JSON
/// document. Pure: a text comes in, a text goes out.
/// </summary>
/// <param name="filter">What the client wanted when it connected.</param>
/// <param name="time">The clock.</param>
public sealed class SocketConversation(FeedFilter filter, TimeProvider time)
{
    /// <summary>Longest message of a client, in bytes.</summary>
    public const int MostBytes = 512;

    private const string Everything = "all";

    private readonly HashSet<string> _topics = new(StringComparer.Ordinal);
    private FeedFilter _filter = filter;

    /// <summary>The first message.</summary>
    public string Connected() => Message("connected", "", json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("topics");
        json.WriteStringValue("drifts");
        json.WriteStringValue("unmanaged");
        json.WriteStringValue(Everything);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>The answer to a message of the client.</summary>
    public string Answer(ReadOnlyMemory<byte> message)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(message);
        }
        catch (JsonException)
        {
            return Error("the message is no JSON");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Error("the message must be an object");
            }

            foreach (var property in root.EnumerateObject())
            {
                if (property.Name is not ("type" or "topic" or "provider" or "severity" or "resource_type") || property.Value.ValueKind != JsonValueKind.String)
                {
                    return Error($"{property.Name}: unknown, or no text; known are type, topic, provider, severity and resource_type");
                }
            }

            return Answer(Text(root, "type"), root);
        }
    }

    /// <summary>An event as a message; null when this client does not want it.</summary>
    public string? Event(FeedEvent each) => (_topics.Contains(Everything) || _topics.Contains(each.Topic)) && _filter.Wants(each)
        ? Message("data", each.Topic, json => json.WriteRawValue(each.Data, skipInputValidation: true)) : null;

    public string Error(string error) => JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteString("topic", "");
        json.WriteString("error", error);
        json.WriteString("timestamp", ApiJson.At(time.GetUtcNow()));
        json.WriteEndObject();
    });

    private string Answer(string? type, JsonElement root)
    {
        switch (type)
        {
            case "ping":
                return Message("pong", "", null);
            case "subscribe" or "unsubscribe":
                // Both forms are taken: the documents of the replaced tool say drifts, its events say drift.
                if ((Text(root, "topic") is "drifts" ? "drift" : Text(root, "topic")) is not ("drift" or "unmanaged" or Everything) and var topic)
                {
                    return Error($"topic: \"{topic}\" is none of drifts, unmanaged, all");
                }

                var known = Text(root, "topic") is "drifts" ? "drift" : Text(root, "topic")!;
                _ = type == "subscribe" ? _topics.Add(known) : _topics.Remove(known);
                return Message(type == "subscribe" ? "subscribed" : "unsubscribed", Text(root, "topic")!, null);
            case "filter":
                var severity = Text(root, "severity");
                if (severity is not null && Severities.Parse(severity) is null)
                {
                    return Error($"severity: \"{severity}\" is none of {Severities.Names}");
                }

                _filter = new FeedFilter(severity is null ? null : Severities.Parse(severity), Text(root, "provider"), Text(root, "resource_type"));
                return Message("filter_set", "", null);
            case "query":
                return Error("queries are answered by the API: GET /api/v1/drifts, /api/v1/stats");
            default:
                return Error($"type: \"{type}\" is none of subscribe, unsubscribe, filter, ping");
        }
    }

    private string Message(string type, string topic, Action<Utf8JsonWriter>? data) => JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("topic", topic);
        json.WritePropertyName("data");
        if (data is null)
        {
            json.WriteNullValue();
        }
        else
        {
            data(json);
        }

        json.WriteString("timestamp", ApiJson.At(time.GetUtcNow()));
        json.WriteEndObject();
    });

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
}
