using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>Events as JSON objects with the fields of the log's lines. Unknown fields are errors: what is not understood would be lost.</summary>
public static class AuditEventJson
{
    /// <exception cref="FormatException">It is no such object; the message names the field.</exception>
    public static AuditEvent Parse(string json)
    {
        var fields = Object(json);
        foreach (var (name, _) in fields)
        {
            if (name is not ("timestamp" or "event_type" or "actor" or "resource" or "outcome" or "lead_id" or "workflow" or "details"))
            {
                throw new EventRefusedException($"{name}: no such field; put it into details");
            }
        }

        return new AuditEvent
        {
            Timestamp = Text(fields, "timestamp") is not { } time ? null
                : DateTimeOffset.TryParse(time, out var at) ? at
                : throw new EventRefusedException($"timestamp: \"{time}\" is not a time such as 2026-11-21T10:00:00Z"),
            EventType = Text(fields, "event_type") ?? throw new EventRefusedException("event_type: missing"),
            Actor = Text(fields, "actor") ?? "system",
            Resource = Text(fields, "resource"),
            Outcome = Text(fields, "outcome"),
            LeadId = Text(fields, "lead_id"),
            Workflow = Text(fields, "workflow"),
            Details = fields["details"] switch
            {
                null => null,
                JsonObject details => details.DeepClone().AsObject(),
                _ => throw new EventRefusedException("details: must be an object"),
            },
        };
    }

    /// <exception cref="FormatException">It is no JSON object.</exception>
    public static JsonObject Object(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject ?? throw new EventRefusedException("not a JSON object");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // ArgumentException: a name that stands there twice.
            throw new EventRefusedException($"not a JSON object: {e.Message}");
        }
    }

    private static string? Text(JsonObject fields, string name)
    {
        try
        {
            return fields[name] switch
            {
                null => null,
                JsonValue value when value.TryGetValue<string>(out var text) => text,
                _ => throw new EventRefusedException($"{name}: must be a string"),
            };
        }
        catch (ArgumentException e)
        {
            throw new EventRefusedException($"not a JSON object: {e.Message}");
        }
    }
}
