using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The checks on printer columns and selectable fields of a CustomResourceDefinition.</summary>
internal static class DefinitionFieldChecks
{
    private const int SelectableLimit = 8;

    private static readonly string[] ColumnTypes = ["boolean", "date", "integer", "number", "string"];
    private static readonly string[] ColumnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

    public static IEnumerable<FieldError> Column(JsonNode? column, string path)
    {
        if (Text(column, "name").Length == 0)
        {
            yield return Required($"{path}.name");
        }
        var type = Text(column, "type");
        var typeText = $"must be one of {string.Join(',', ColumnTypes)}";
        if (type.Length == 0)
        {
            yield return Required($"{path}.type", typeText);
        }
        else if (!ColumnTypes.Contains(type))
        {
            yield return Invalid($"{path}.type", type, typeText);
        }
        var format = Text(column, "format");
        if (format.Length > 0 && !ColumnFormats.Contains(format))
        {
            yield return Invalid($"{path}.format", format, $"must be one of {string.Join(',', ColumnFormats)}");
        }
        var jsonPath = Text(column, "jsonPath");
        if (jsonPath.Length == 0)
        {
            yield return Required($"{path}.JSONPath");
        }
        else if (jsonPath[0] != '.')
        {
            yield return Invalid($"{path}.JSONPath", jsonPath, "must be a simple json path starting with .");
        }
        else if (!Tables.JsonPath.TryParse(jsonPath, out _, out var error))
        {
            yield return Invalid($"{path}.JSONPath", jsonPath, error);
        }
    }

    public static IEnumerable<FieldError> Selectable(JsonArray fields, JsonNode? schema, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < fields.Count; index++)
        {
            var at = $"{path}[{index}].jsonPath";
            var jsonPath = Text(fields[index], "jsonPath");
            if (jsonPath.Length == 0)
            {
                yield return Required(at);
                continue;
            }
            var node = Follow(jsonPath, schema, out var broken);
            if (broken is not null)
            {
                yield return Invalid(at, jsonPath, $"is an invalid path: {broken}");
                continue;
            }
            if (jsonPath.StartsWith(".metadata", StringComparison.Ordinal))
            {
                yield return Invalid(at, jsonPath, "must not point to fields in metadata");
            }
            if ((string?)node?["type"] is not ("string" or "boolean" or "integer"))
            {
                yield return Invalid(at, jsonPath, "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.");
            }
            if (!seen.Add(jsonPath))
            {
                yield return Duplicate(at, jsonPath);
            }
        }
        if (fields.Count > SelectableLimit)
        {
            yield return TooMany(path, fields.Count, SelectableLimit);
        }
    }

    private static JsonNode? Follow(string jsonPath, JsonNode? schema, out string? broken)
    {
        broken = null;
        if (jsonPath[0] != '.')
        {
            broken = $"expected [ or . but got: {jsonPath[0]}";
            return null;
        }
        var node = schema;
        foreach (var field in jsonPath[1..].Split('.'))
        {
            node = node?["properties"]?[field];
            if (node is null)
            {
                broken = "does not refer to a valid field";
                return null;
            }
        }
        return node;
    }
}
