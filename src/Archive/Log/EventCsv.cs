using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>Events as a table (RFC 4180) for who reads them in a spreadsheet. A cell that one would take for a formula begins with an apostrophe.</summary>
public static class EventCsv
{
    private static readonly string[] Columns = ["timestamp", "event_type", "actor", "resource", "outcome", "lead_id", "workflow", "details"];

    public static string Header { get; } = string.Join(',', Columns);

    /// <param name="json">An event as it stands in the log.</param>
    /// <exception cref="JsonException">It is none.</exception>
    public static string Row(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var found = JsonNode.Parse(ref reader)!.AsObject();
        return string.Join(',', Columns.Select(column => Cell(found[column])));
    }

    private static string Cell(JsonNode? value)
    {
        var text = value switch
        {
            null => "",
            JsonValue plain when plain.TryGetValue<string>(out var found) => found,
            _ => value.ToJsonString(),
        };
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
        {
            text = $"'{text}";
        }

        return text.AsSpan().ContainsAny(",\"\r\n") ? new StringBuilder(text).Replace("\"", "\"\"").Insert(0, '"').Append('"').ToString() : text;
    }
}
