using System.Text.Json;
using Comptroller.Drift.Api;

namespace Comptroller.Drift.Notifications;

/// <summary>A message that waits to be sent, or could not be. It names drifts instead of holding them: what is sent is what they are then.</summary>
/// <param name="Channel">Name of the channel.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Changes">What happened, by drift.</param>
/// <param name="Error">Why the last attempt failed; empty before.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Failed">When it was given up; null before.</param>
public sealed record Letter(string Channel, DateTimeOffset Created, IReadOnlyList<(string Drift, string Change)> Changes, string Error = "", int Attempts = 0, DateTimeOffset? Failed = null)
{
    public string ToJson() => JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("channel", Channel);
        json.WriteString("created", ApiJson.At(Created));
        json.WriteString("error", Error);
        json.WriteNumber("attempts", Attempts);
        ApiJson.Time(json, "failed", Failed);
        json.WriteStartArray("changes");
        foreach (var (drift, change) in Changes)
        {
            json.WriteStartArray();
            json.WriteStringValue(drift);
            json.WriteStringValue(change);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static Letter OfJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new Letter(
            root.GetProperty("channel").GetString()!,
            root.GetProperty("created").GetDateTimeOffset(),
            [.. root.GetProperty("changes").EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()!))],
            root.GetProperty("error").GetString()!,
            root.GetProperty("attempts").GetInt32(),
            root.GetProperty("failed").ValueKind == JsonValueKind.Null ? null : root.GetProperty("failed").GetDateTimeOffset());
    }
}
