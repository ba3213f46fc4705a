using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Falcon.Policies;

/// <summary>A policy cannot be read: a field holds something that the API never sends there.</summary>
public sealed class MalformedPolicyException(string path, string found, string wanted) : Exception($"{path} is {found}, not {wanted}")
{
    public string Path { get; } = path;

    public string Found { get; } = found;

    public string Wanted { get; } = wanted;
}

/// <summary>
/// A node of a policy and where it stands. What is absent reads as null; what is there but of another shape throws, so that a
/// policy that changed its shape is never graded as if the setting were merely missing.
/// </summary>
internal readonly struct PolicyNode(JsonElement element, string path)
{
    public JsonElement Element { get; } = element;

    public string Path { get; } = path;

    public static PolicyNode Root(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? new PolicyNode(element, "") : throw new MalformedPolicyException("the policy", Kind(element), "an object");

    /// <summary>The value of a field, null when the field is absent; JSON null is a value.</summary>
    public PolicyNode? this[string field] =>
        Element.TryGetProperty(field, out var value) ? new PolicyNode(value, Path.Length == 0 ? field : $"{Path}.{field}") : null;

    /// <summary>An object field; null when absent.</summary>
    public PolicyNode? Object(string field) => this[field] is not { } node ? null
        : node.Element.ValueKind == JsonValueKind.Object ? node : throw node.Wrong("an object");

    /// <summary>The objects of a list field; none when absent.</summary>
    public IEnumerable<PolicyNode> Objects(string field)
    {
        if (this[field] is not { } node)
        {
            return [];
        }

        return node.Element.ValueKind == JsonValueKind.Array ? node.Items() : throw node.Wrong("a list");
    }

    /// <summary>A text, or null when absent, null or something else.</summary>
    public string? TextOrNull(string field) =>
        Element.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>True for what a switch shows as on; false when absent.</summary>
    public bool IsOn(string field) => Element.TryGetProperty(field, out var value) && IsTruthy(value);

    /// <summary>Native JSON of a field, null when absent.</summary>
    public JsonNode? Raw(string field) => Element.TryGetProperty(field, out var value) ? ToNode(value) : null;

    public MalformedPolicyException Wrong(string wanted) => new(Path.Length == 0 ? "the policy" : Path, Kind(Element), wanted);

    public static bool IsTruthy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.Number => value.GetDouble() != 0,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Object or JsonValueKind.Array => value.GetRawText().Length > 2,
        _ => false,
    };

    public static JsonNode? ToNode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        _ => JsonValue.Create(value),
    };

    private IEnumerable<PolicyNode> Items()
    {
        var index = 0;
        foreach (var item in Element.EnumerateArray())
        {
            var node = new PolicyNode(item, $"{Path}[{index++}]");
            yield return item.ValueKind == JsonValueKind.Object ? node : throw node.Wrong("an object");
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Undefined => "absent",
        _ => "a boolean",
    };
}
