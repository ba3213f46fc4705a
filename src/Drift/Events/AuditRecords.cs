using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// Reads what is sent to us: alerts of Falco and Falcosidekick, one or many; CloudTrail records, alone, as <c>Records</c> or inside
/// EventBridge; entries of Google's audit log, plain or pushed by Pub/Sub; Azure activity as <c>records</c> or Event Grid events.
/// </summary>
public static class AuditRecords
{
    private const int MostNesting = 4;

    /// <summary>Reads a body.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="into">Gets what each record means, in order.</param>
    /// <exception cref="FormatException">It is not JSON, or something in it is none of the shapes above; says which.</exception>
    public static void Read(ReadOnlyMemory<byte> utf8, List<Understanding> into)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(utf8.Span);
        }
        catch (JsonException e)
        {
            throw new FormatException($"bad alert: this is not JSON: line {(e.LineNumber ?? 0) + 1}: {e.Message}", e);
        }

        try
        {
            Read(root, "", 0, into);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"bad alert: a text in it is none: {e.Message}", e);
        }
    }

    /// <summary>Reads a document, as <see cref="Read(ReadOnlyMemory{byte}, List{Understanding})"/>.</summary>
    /// <exception cref="FormatException">It is none of the shapes.</exception>
    public static void Read(JsonElement root, List<Understanding> into) => Read(root, "", 0, into);

    private static void Read(JsonElement element, string place, int depth, List<Understanding> into)
    {
        if (depth > MostNesting)
        {
            throw Bad(place, "nested too deeply");
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                Each(element, place, depth, into);
                return;
            case JsonValueKind.Object:
                break;
            default:
                throw Bad(place, "must be an object or a list of objects");
        }

        if (element.TryGetProperty("output_fields", out var fields))
        {
            Alert(element, fields, place, into);
        }
        else if (element.TryGetProperty("Records", out var records) || element.TryGetProperty("records", out records))
        {
            Each(records, $"{place}records", depth, into);
        }
        else if (element.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.Object && detail.TryGetProperty("eventName", out _))
        {
            into.Add(AwsEvents.Read(detail, "eventbridge"));
        }
        else if (element.TryGetProperty("eventName", out _) && element.TryGetProperty("eventSource", out _))
        {
            into.Add(AwsEvents.Read(element, "cloudtrail"));
        }
        else if (element.TryGetProperty("protoPayload", out _))
        {
            into.Add(GcpEvents.Read(element));
        }
        else if (element.Member("message").Text("data") is { Length: > 0 } data)
        {
            Read(Decode(data, place), $"{place}message.data.", depth + 1, into);
        }
        else if (element.TryGetProperty("operationName", out _))
        {
            into.Add(AzureEvents.Read(element, null));
        }
        else if (element.Member("data").Text("operationName").Length > 0)
        {
            // Event Grid writes eventTime in its own schema and time in that of CloudEvents.
            into.Add(AzureEvents.Read(element.Member("data"), Texts.Time(element.Text("eventTime")) ?? Texts.Time(element.Text("time"))));
        }
        else if (element.Text("source").Length > 0 && element.TryGetProperty("rule", out _))
        {
            // An alert whose rule puts out no fields says nothing about a resource.
            Alert(element, default, place, into);
        }
        else
        {
            throw Bad(place, "neither an alert of Falco (source and output_fields) nor a record of CloudTrail, Google's audit log or Azure's activity log");
        }
    }

    private static void Each(JsonElement list, string place, int depth, List<Understanding> into)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Bad(place, "must be a list");
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            Read(item, $"{place}[{index++}].", depth + 1, into);
        }
    }

    private static void Alert(JsonElement alert, JsonElement fields, string place, List<Understanding> into)
    {
        var source = alert.Text("source");
        if (source.Length == 0)
        {
            throw Bad(place, "\"source\" is required; Falco has written it since 0.31");
        }

        if (fields.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined))
        {
            throw Bad(place, "\"output_fields\" must be an object");
        }

        var set = new FieldSet(fields);
        var time = Texts.Time(alert.Member("time"));
        into.Add(source switch
        {
            AwsEvents.FalcoSource => AwsEvents.Read(set, time),
            GcpEvents.FalcoSource or "gcpaudit" => GcpEvents.Read(set, time),
            AzureEvents.FalcoSource or "azureaudit" => AzureEvents.Read(set, time),
            _ => Understanding.Dropped(DropReason.UnknownSource, "other"),
        });
    }

    private static JsonElement Decode(string data, string place)
    {
        try
        {
            return JsonElement.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(data)));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw Bad(place, "message.data is not JSON in base64");
        }
    }

    private static FormatException Bad(string place, string message) => new($"bad alert: {(place.Length == 0 ? "" : place.TrimEnd('.') + ": ")}{message}");
}
