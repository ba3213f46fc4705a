using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>The request behind a recorded audit.k8s.io Event.</summary>
public static class RecordedRequest
{
    /// <summary>
    /// What a policy saw of it. Derived from the URL and not from <c>objectRef</c>: the API server adds to that what it later finds in the
    /// body, such as the name of a created object, which no rule could see.
    /// </summary>
    /// <exception cref="FormatException">It is not an event, or lacks what every event has.</exception>
    public static AuditRequest Of(JsonNode? node)
    {
        if (node is not JsonObject recorded || Text(recorded, "requestURI") is not { } uri || Text(recorded, "verb") is not { } verb)
        {
            throw new FormatException("not an audit event: an event is an object with requestURI and verb");
        }

        if (recorded["user"] is not (null or JsonObject))
        {
            throw new FormatException("user is not an object");
        }

        var user = recorded["user"] as JsonObject ?? [];
        var resolved = RequestAttributes.Resolve(Method(verb), uri, Text(user, "username"), Groups(user));
        return resolved with { Verb = verb };
    }

    // Only whether there is a name in the URL depends on it, and the event says the verb itself.
    private static string Method(string verb) => verb switch
    {
        "get" or "list" or "watch" or "proxy" => "GET",
        "deletecollection" => "DELETE",
        _ => verb.ToUpperInvariant(),
    };

    private static string? Text(JsonObject owner, string field) => owner[field] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new FormatException($"{field} is not a text"),
    };

    private static IReadOnlyList<string> Groups(JsonObject user) => user["groups"] switch
    {
        null => [],
        JsonArray items when items.All(item => item?.GetValueKind() == JsonValueKind.String) => [.. items.Select(item => item!.GetValue<string>())],
        _ => throw new FormatException("user.groups is not a list of texts"),
    };
}
