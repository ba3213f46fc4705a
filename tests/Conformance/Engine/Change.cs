using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Engine;

/// <summary>Ways in which an answer can be wrong. Each gives the changed step, or null where it has nothing to change.</summary>
internal static class Change
{
    public static readonly IReadOnlyDictionary<string, Func<Step, Step?>> ByName = new Dictionary<string, Func<Step, Step?>>
    {
        ["another status"] = step => step.Response.Status is 0 ? null
            : step with { Response = step.Response with { Status = step.Response.Status == 200 ? 201 : 200 } },
        ["another content type"] = step => !step.Response.Headers.ContainsKey("content-type") ? null
            : Header(step, "content-type", "text/html"),
        ["a warning"] = step => step.Response.Status is 0 || step.Response.Headers.ContainsKey("warning") ? null
            : Header(step, "warning", "299 - \"no\""),
        ["a missing warning"] = step => !step.Response.Headers.ContainsKey("warning") ? null : Header(step, "warning", null),
        ["a missing field"] = step => Body(step, body => body is JsonObject { Count: > 1 } document && document.Remove(document.First().Key)),
        ["a field too many"] = step => step.Trimmed is not null ? null
            : Body(step, body => body is JsonObject document && document.TryAdd("extra", JsonValue.Create(1))),
        ["another word in the message"] = step => Body(step, body => Replace(body, "message", text => text + "!")),
        ["another name"] = step => Body(step, body => body!["metadata"] is JsonObject metadata && Replace(metadata, "name", text => text + "x")),
        ["another uid"] = step => Body(step, body => body!["metadata"] is JsonObject metadata && Replace(metadata, "uid", _ => "not-a-uid")),
        ["another generation"] = step => Body(step, body => body!["metadata"] is JsonObject metadata && metadata.ContainsKey("generation")
            && Set(metadata, "generation", 77)),
        ["a time in another form"] = step => Body(step, body => body!["metadata"] is JsonObject metadata && Replace(metadata, "creationTimestamp", _ => "yesterday")),
        ["a field of another manager"] = step => Body(step, body => body!["metadata"]?["managedFields"]?[0] is JsonObject entry && Replace(entry, "manager", text => text + "x")),
        ["an owned field too many"] = step => Body(step, body => body!["metadata"]?["managedFields"]?[0]?["fieldsV1"] is JsonObject fields && fields.TryAdd("f:extra", new JsonObject())),
        ["an item missing"] = step => Body(step, body => body!["items"] is JsonArray { Count: > 0 } items && RemoveFirst(items)),
        ["items in another order"] = step => step.Trimmed is not null ? null
            : Body(step, body => body!["items"] is JsonArray { Count: > 1 } items && Swap(items)),
        ["another cell"] = step => Body(step, body => body!["rows"]?[0]?["cells"] is JsonArray { Count: > 0 } cells && Set(cells, 0, "other")),
        ["an event missing"] = step => Body(step, body => body is JsonArray { Count: > 0 } events && !IsBookmark(events[0]) && RemoveFirst(events)),
        ["events in another order"] = step => Body(step, body => body is JsonArray { Count: > 1 } events && !IsBookmark(events[0]) && !IsBookmark(events[1]) && Swap(events)),
        ["no bookmark"] = step => Body(step, body => body is JsonArray events && events.Any(IsBookmark) && events.RemoveAll(IsBookmark) > 0),
        ["a bookmark in another form"] = step => Body(step, body => body is JsonArray events && events.Any(IsBookmark)
            && events.First(IsBookmark)!["object"]!.AsObject().TryAdd("spec", new JsonObject())),
        ["another text"] = step => step.Response.Body is JsonValue ? Body(step, _ => true, "something else") : null,
        ["a body where there is none"] = step => step.Response is { Body: null, Status: not 0 } ? Body(step, _ => true, "something") : null,
    };

    private static Step Header(Step step, string name, string? value)
    {
        var headers = step.Response.Headers.DeepClone().AsObject();
        headers.Remove(name);
        if (value is not null)
        {
            headers[name] = value;
        }

        return step with { Response = step.Response with { Headers = headers } };
    }

    private static Step? Body(Step step, Func<JsonNode?, bool> change, string? instead = null)
    {
        if (instead is not null)
        {
            return step with { Response = step.Response with { Body = JsonValue.Create(instead) } };
        }

        var body = step.Response.Body?.DeepClone();
        try
        {
            return body is not null && change(body) ? step with { Response = step.Response with { Body = body } } : null;
        }
        catch (InvalidOperationException)
        {
            // The body is not of the kind that the change is about.
            return null;
        }
    }

    private static bool IsBookmark(JsonNode? item) => item is JsonObject document && (string?)document["type"] == "BOOKMARK";

    private static bool Replace(JsonNode? node, string key, Func<string, string> change) =>
        node is JsonObject document && document[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String
        && Set(document, key, change((string)value!));

    private static bool Set(JsonObject document, string key, JsonNode value)
    {
        document[key] = value;
        return true;
    }

    private static bool Set(JsonArray array, int index, JsonNode value)
    {
        array[index] = value;
        return true;
    }

    private static bool RemoveFirst(JsonArray array)
    {
        array.RemoveAt(0);
        return true;
    }

    private static bool Swap(JsonArray array)
    {
        var first = array[0];
        array.RemoveAt(0);
        array.Insert(1, first);
        return true;
    }
}
