using System.Collections.Frozen;
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

    private static readonly string[] Known = ["type", "topic", "provider", "severity", "resource_type", "cursor"];

    /// <summary>What can be asked, and the parameters that each takes.</summary>
    private static readonly FrozenDictionary<string, (string Path, string[] Parameters)> Queries = new Dictionary<string, (string, string[])>(StringComparer.Ordinal)
    {
        [Everything] = ("/api/v1/drifts?", ["provider", "severity", "resource_type", "cursor"]),
        ["drifts"] = ("/api/v1/drifts?", ["provider", "severity", "resource_type", "cursor"]),
        ["unmanaged"] = ("/api/v1/drifts?kind=unmanaged&", ["provider", "severity", "resource_type", "cursor"]),
        ["events"] = ("/api/v1/events?", ["provider", "severity", "resource_type", "cursor"]),
        ["stats"] = ("/api/v1/stats?", []),
        ["providers"] = ("/api/v1/providers?", []),
        ["state"] = ("/api/v1/state?", []),
        ["graph"] = ("/api/v1/graph/stats?", []),
    }.ToFrozenDictionary(StringComparer.Ordinal);

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
        json.WriteStartArray("queries");
        foreach (var query in Queries.Keys.Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(query);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>The answer to a message of the client.</summary>
    public SocketAnswer Answer(ReadOnlyMemory<byte> message)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(message);
        }
        catch (JsonException)
        {
            return Wrong("the message is no JSON");
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Wrong("the message must be an object");
            }

            foreach (var property in root.EnumerateObject())
            {
                if (!Known.Contains(property.Name, StringComparer.Ordinal) || property.Value.ValueKind != JsonValueKind.String)
                {
                    return Wrong($"{property.Name}: unknown, or no text; known are {string.Join(", ", Known)}");
                }
            }

            return Text(root, "type") == "query" ? Asked(root) : new SocketAnswer(Answer(Text(root, "type"), root));
        }
    }

    /// <summary>What the API answered to a question, as a message.</summary>
    public string Answered(SocketQuery query, ApiAnswer answer)
    {
        using var document = JsonDocument.Parse(answer.Body);
        return document.RootElement.TryGetProperty("data", out var data) ? Message("data", query.Topic, data.WriteTo)
            : Error(document.RootElement.GetProperty("error").GetProperty("message").GetString()!);
    }

    private SocketAnswer Asked(JsonElement root)
    {
        var topic = Text(root, "topic") ?? Everything;
        topic = topic == "drift" ? "drifts" : topic;
        if (!Queries.TryGetValue(topic, out var query))
        {
            return Wrong($"topic: \"{topic}\" is none of {string.Join(", ", Queries.Keys.Order(StringComparer.Ordinal))}");
        }

        var given = root.EnumerateObject().Where(property => property.Name is not ("type" or "topic")).ToList();
        return given.Find(property => !query.Parameters.Contains(property.Name, StringComparer.Ordinal)) is { Value.ValueKind: JsonValueKind.String } other
            ? Wrong($"{other.Name}: {topic} takes no such thing")
            : new SocketAnswer("", new SocketQuery(topic, query.Path + string.Join('&', given.Select(property => $"{property.Name}={Uri.EscapeDataString(property.Value.GetString()!)}"))));
    }

    private SocketAnswer Wrong(string error) => new(Error(error));

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
            default:
                return Error($"type: \"{type}\" is none of subscribe, unsubscribe, filter, query, ping");
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
