using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>Checks that metadata fits Go's ObjectMeta, in the words of its decoder. A body that does not is refused before validation.</summary>
internal static class MetadataTypes
{
    /// <summary>Null when all fits.</summary>
    public static string? Problem(JsonObject body)
    {
        if (body.TryGetPropertyValue("metadata", out var metadata) && metadata is not null and not JsonObject)
        {
            return Mismatch(metadata, "ObjectMeta", null);
        }
        foreach (var (name, value) in (metadata as JsonObject) ?? [])
        {
            if (value is not null && Problem(name, value) is { } problem)
            {
                return problem;
            }
        }
        return null;
    }

    private static string? Problem(string name, JsonNode value) => name switch
    {
        "name" or "generateName" or "namespace" or "selfLink" or "uid" or "resourceVersion" => OfKind(value, JsonValueKind.String, "string", name),
        "generation" or "deletionGracePeriodSeconds" => OfKind(value, JsonValueKind.Number, "int64", name),
        "labels" or "annotations" => value is JsonObject map ? map.Select(entry => entry.Value is null ? null : OfKind(entry.Value, JsonValueKind.String, "string", name))
            .FirstOrDefault(problem => problem is not null) : Mismatch(value, "map[string]string", name),
        "finalizers" => value is JsonArray list ? list.Select(entry => entry is null ? null : OfKind(entry, JsonValueKind.String, "string", name))
            .FirstOrDefault(problem => problem is not null) : Mismatch(value, "[]string", name),
        "ownerReferences" => ListOfObjects(value, "OwnerReference", name),
        "managedFields" => ListOfObjects(value, "ManagedFieldsEntry", name),
        "creationTimestamp" or "deletionTimestamp" => OfKind(value, JsonValueKind.String, "string", name) is { } problem ? problem : Time((string)value!),
        _ => null,
    };

    private static string? Time(string text) =>
        DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _) ? null
        : $"parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"";

    private static string? ListOfObjects(JsonNode value, string element, string name)
    {
        if (value is not JsonArray list)
        {
            return Mismatch(value, $"[]v1.{element}", name);
        }
        foreach (var entry in list)
        {
            if (entry is not null and not JsonObject)
            {
                return Mismatch(entry, $"v1.{element}", name);
            }
        }
        return null;
    }

    private static string? OfKind(JsonNode value, JsonValueKind kind, string type, string name) => value.GetValueKind() == kind ? null : Mismatch(value, type, name);

    private static string Mismatch(JsonNode value, string type, string? field)
    {
        var found = value.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "bool",
        };
        return field is null ? $"json: cannot unmarshal {found} into Go value of type v1.{type}"
            : $"json: cannot unmarshal {found} into Go struct field ObjectMeta.{field} of type {type}";
    }
}
