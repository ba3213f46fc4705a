using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>An event that arrived: what was asked of the API server, and how it was recorded.</summary>
public sealed record RecordedEvent(AuditRequest Request, Level Level, Stages Stage);

/// <summary>The newest events of a cluster, read from the rows of <see cref="DeliveryQuestion.Sample"/>.</summary>
public static class RecordedSample
{
    /// <summary>The events; rows that are none are left out, as whoever may write to VictoriaLogs may write anything.</summary>
    public static ImmutableArray<RecordedEvent> Read(ReadOnlyMemory<byte> body) =>
        [.. Encoding.UTF8.GetString(body.Span).Split('\n').Where(line => line.Length > 0).Select(Event).OfType<RecordedEvent>()];

    // An argument is at fault where a name stands twice.
    private static RecordedEvent? Event(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject row
                && Enum.TryParse<Level>(Text(row, "level"), out var level) && Enum.IsDefined(level)
                && Enum.TryParse<Stages>(Text(row, "stage"), out var stage) && Enum.IsDefined(stage)
                ? new RecordedEvent(RecordedRequest.Of(Original(row)), level, stage)
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    // VictoriaLogs stores nested fields under dotted names, lists as their text, and the field that was named as message as _msg.
    private static JsonObject Original(JsonObject row) => new()
    {
        ["verb"] = Text(row, "verb"),
        ["requestURI"] = Text(row, "_msg"),
        ["user"] = Text(row, "user.username") is { } user
            ? new JsonObject { ["username"] = user, ["groups"] = Text(row, "user.groups") is { } groups ? JsonNode.Parse(groups) : null }
            : null,
    };

    private static string? Text(JsonObject row, string field) => row[field] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
