using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>
/// The rules that make the schema of a CustomResourceDefinition structural, with the server's messages. CEL rules are neither
/// compiled nor weighed.
/// </summary>
public static class CrdSchemaChecks
{
    private enum Level
    {
        Root,
        Item,
        Field,
    }

    private static readonly string[] _types = ["array", "boolean", "integer", "number", "object", "string"];

    private static readonly string[] _unsupported = ["id", "$ref", "additionalItems", "patternProperties", "definitions", "dependencies"];

    /// <summary>What a schema inside allOf, anyOf, oneOf or not must leave to the schema around it.</summary>
    private static readonly (string Name, string Problem)[] _structureOnly =
    [
        ("type", "must be empty to be structural"),
        ("title", "must be empty to be structural"),
        ("description", "must be empty to be structural"),
        ("default", "must be undefined to be structural"),
        ("additionalProperties", "must be undefined to be structural"),
        ("nullable", "must be false to be structural"),
        ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
        ("x-kubernetes-embedded-resource", "must be false to be structural"),
        ("x-kubernetes-int-or-string", "must be false to be structural"),
        ("x-kubernetes-list-map-keys", "must be empty to be structural"),
        ("x-kubernetes-list-type", "must be undefined to be structural"),
        ("x-kubernetes-map-type", "must be undefined to be structural"),
    ];

    /// <param name="path">Where the schema stands, such as <c>spec.validation.openAPIV3Schema</c>.</param>
    public static IReadOnlyList<FieldError> Check(JsonObject openApiV3Schema, string path)
    {
        var errors = new List<FieldError>();
        CheckNode(openApiV3Schema, FieldPath.Of(path), Level.Root, errors);
        if (errors.Count == 0)
        {
            CrdDefaultChecks.Check(Schema.Parse(openApiV3Schema), FieldPath.Of(path), errors);
        }
        return errors;
    }

    private static void CheckNode(JsonObject node, FieldPath path, Level level, List<FieldError> errors)
    {
        CheckConstructs(node, path, errors);
        CheckType(node, path, level, errors);
        CrdListChecks.Check(node, path, errors);
        if (level == Level.Root || Flag(node, "x-kubernetes-embedded-resource"))
        {
            CheckResourceFields(node, path, errors);
        }
        CheckPattern(node, path, errors);
        CheckAlternatives(node, path, errors);

        foreach (var (name, value) in node["properties"] as JsonObject ?? [])
        {
            if (value is JsonObject property && !(level == Level.Root && name == "metadata"))
            {
                CheckNode(property, path.Child("properties").Key(name), Level.Field, errors);
            }
        }
        if (node["additionalProperties"] is JsonObject additional)
        {
            CheckNode(additional, path.Child("additionalProperties"), Level.Field, errors);
        }
        if (node["items"] is JsonObject items)
        {
            CheckNode(items, path.Child("items"), Level.Item, errors);
        }
    }

    private static void CheckConstructs(JsonObject node, FieldPath path, List<FieldError> errors)
    {
        foreach (var name in _unsupported)
        {
            if (node[name] is { } value && value is not JsonObject { Count: 0 })
            {
                errors.Add(FieldErrors.Forbidden(path.Child(name), $"{name} is not supported"));
            }
        }
        if (Flag(node, "uniqueItems"))
        {
            errors.Add(FieldErrors.Forbidden(path.Child("uniqueItems"), "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        }
        if (node["additionalProperties"] is JsonValue { } allowed && !Scalars.IsTrue(allowed))
        {
            errors.Add(FieldErrors.Forbidden(path.Child("additionalProperties"), "additionalProperties cannot be set to false"));
        }
        else if (node["additionalProperties"] is not null && node["properties"] is JsonObject { Count: > 0 })
        {
            errors.Add(FieldErrors.Forbidden(path.Child("additionalProperties"), "additionalProperties and properties are mutual exclusive"));
        }
        if (node["items"] is JsonArray)
        {
            errors.Add(FieldErrors.Forbidden(path.Child("items"), "items must be a schema object and not an array"));
        }
    }

    private static void CheckType(JsonObject node, FieldPath path, Level level, List<FieldError> errors)
    {
        var type = Text(node, "type");
        var intOrString = Flag(node, "x-kubernetes-int-or-string");
        var preserves = Flag(node, "x-kubernetes-preserve-unknown-fields");
        var embedded = Flag(node, "x-kubernetes-embedded-resource");
        var where = path.Child("type");
        if (type == "null")
        {
            errors.Add(FieldErrors.Forbidden(where, "type cannot be set to null, use nullable as an alternative"));
        }
        else if (type.Length > 0 && !_types.Contains(type))
        {
            errors.Add(FieldErrors.NotSupported(where, type, _types));
        }
        else if (embedded && type != "object")
        {
            const string rule = "must be object if x-kubernetes-embedded-resource is true";
            errors.Add(type.Length == 0 ? FieldErrors.Required(where, rule) : FieldErrors.Invalid(where, type, rule));
        }
        else if (type.Length == 0 && !intOrString && !preserves)
        {
            errors.Add(FieldErrors.Required(where, level switch
            {
                Level.Root => "must not be empty at the root",
                Level.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            }));
        }
        else if (level == Level.Root && type.Length > 0 && type != "object")
        {
            errors.Add(FieldErrors.Invalid(where, type, "must be object at the root"));
        }
        else if (intOrString && type.Length > 0)
        {
            errors.Add(FieldErrors.Invalid(where, type, "must be empty if x-kubernetes-int-or-string is true"));
        }
        if (type == "array" && node["items"] is null)
        {
            errors.Add(FieldErrors.Required(path.Child("items"), "must be specified"));
        }
        if (node.ContainsKey("x-kubernetes-preserve-unknown-fields") && !preserves)
        {
            errors.Add(FieldErrors.Invalid(path.Child("x-kubernetes-preserve-unknown-fields"), node["x-kubernetes-preserve-unknown-fields"], "must be true or undefined"));
        }
        if (intOrString && preserves)
        {
            errors.Add(FieldErrors.Invalid(path.Child("x-kubernetes-preserve-unknown-fields"), JsonValue.Create(true), "must be false if x-kubernetes-int-or-string is true"));
        }
        if (intOrString && embedded)
        {
            errors.Add(FieldErrors.Invalid(path.Child("x-kubernetes-embedded-resource"), JsonValue.Create(true), "must be false if x-kubernetes-int-or-string is true"));
        }
    }

    /// <summary>apiVersion, kind and metadata of a resource belong to the server.</summary>
    private static void CheckResourceFields(JsonObject node, FieldPath path, List<FieldError> errors)
    {
        var properties = node["properties"] as JsonObject ?? [];
        foreach (var name in (string[])["kind", "apiVersion"])
        {
            if (properties[name] is JsonObject field && Text(field, "type") is var type && type != "string")
            {
                errors.Add(FieldErrors.Invalid(path.Child("properties").Key(name).Child("type"), type, "must be string"));
            }
        }
        if (properties["metadata"] is JsonObject metadata)
        {
            var where = path.Child("properties").Key("metadata");
            if (Text(metadata, "type") is var type && type != "object")
            {
                errors.Add(FieldErrors.Invalid(where.Child("type"), type, "must be object"));
            }
            var onlyNames = (metadata["properties"] as JsonObject ?? []).All(property => property.Key is "name" or "generateName");
            var nothingElse = metadata.All(keyword => keyword.Key is "type" or "properties" or "description" or "title");
            if (!onlyNames || !nothingElse)
            {
                errors.Add(FieldErrors.Forbidden(where, "must not specify anything other than name and generateName, but metadata is implicitly specified"));
            }
        }
        if (Flag(node, "x-kubernetes-embedded-resource"))
        {
            if (node["additionalProperties"] is not null)
            {
                errors.Add(FieldErrors.Forbidden(path.Child("additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set"));
            }
            if (properties.Count == 0 && !Flag(node, "x-kubernetes-preserve-unknown-fields"))
            {
                errors.Add(FieldErrors.Required(path.Child("properties"),
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"));
            }
        }
    }

    private static void CheckPattern(JsonObject node, FieldPath path, List<FieldError> errors)
    {
        if (Text(node, "pattern") is { Length: > 0 } pattern && GoPattern.Compile(pattern, out var problem) is null)
        {
            errors.Add(FieldErrors.Invalid(path.Child("pattern"), pattern, $"must be a valid regular expression, but isn't: {problem}"));
        }
    }

    private static void CheckAlternatives(JsonObject node, FieldPath path, List<FieldError> errors)
    {
        foreach (var name in (string[])["allOf", "anyOf", "oneOf"])
        {
            var alternatives = node[name] as JsonArray ?? [];
            // The one place where type may be repeated: anyOf integer or string, directly or as the first of allOf.
            if (Flag(node, "x-kubernetes-int-or-string")
                && (IsIntOrString(alternatives, name) || (name == "allOf" && alternatives is [JsonObject first, ..] && IsIntOrString(first["anyOf"] as JsonArray ?? [], "anyOf"))))
            {
                continue;
            }
            for (var i = 0; i < alternatives.Count; i++)
            {
                if (alternatives[i] is JsonObject alternative)
                {
                    CheckAlternative(alternative, path.Child(name).Index(i), node, path, errors);
                }
            }
        }
        if (node["not"] is JsonObject not)
        {
            CheckAlternative(not, path.Child("not"), node, path, errors);
        }
    }

    private static bool IsIntOrString(JsonArray alternatives, string name) =>
        name == "anyOf" && alternatives.Count == 2
        && alternatives.All(item => item is JsonObject { Count: 1 })
        && Text((JsonObject)alternatives[0]!, "type") == "integer" && Text((JsonObject)alternatives[1]!, "type") == "string";

    private static void CheckAlternative(JsonObject alternative, FieldPath path, JsonObject structure, FieldPath structurePath, List<FieldError> errors)
    {
        foreach (var (name, problem) in _structureOnly)
        {
            if (alternative[name] is { } value && value is not JsonArray { Count: 0 } && value.GetValueKind() != System.Text.Json.JsonValueKind.False && Scalars.AsString(value) != "")
            {
                errors.Add(FieldErrors.Forbidden(path.Child(name), problem));
            }
        }
        CheckPattern(alternative, path, errors);
        foreach (var (name, value) in alternative["properties"] as JsonObject ?? [])
        {
            var where = path.Child("properties").Key(name);
            if ((structure["properties"] as JsonObject)?[name] is JsonObject declared && value is JsonObject nested)
            {
                CheckAlternative(nested, where, declared, structurePath.Child("properties").Key(name), errors);
            }
            else if (structure["additionalProperties"] is null || structure["properties"] is not null)
            {
                errors.Add(FieldErrors.Required(structurePath.Child("properties").Key(name), $"because it is defined in {where}"));
            }
        }
        if (alternative["items"] is JsonObject items)
        {
            if (structure["items"] is JsonObject declaredItems)
            {
                CheckAlternative(items, path.Child("items"), declaredItems, structurePath.Child("items"), errors);
            }
            else
            {
                errors.Add(FieldErrors.Required(structurePath.Child("items"), $"because it is defined in {path.Child("items")}"));
            }
        }
        foreach (var name in (string[])["allOf", "anyOf", "oneOf"])
        {
            var nested = alternative[name] as JsonArray ?? [];
            for (var i = 0; i < nested.Count; i++)
            {
                if (nested[i] is JsonObject inner)
                {
                    CheckAlternative(inner, path.Child(name).Index(i), structure, structurePath, errors);
                }
            }
        }
        if (alternative["not"] is JsonObject not)
        {
            CheckAlternative(not, path.Child("not"), structure, structurePath, errors);
        }
    }

    private static bool Flag(JsonObject node, string name) => Scalars.IsTrue(node[name]);

    private static string Text(JsonObject node, string name) => Scalars.AsString(node[name]) ?? "";
}
