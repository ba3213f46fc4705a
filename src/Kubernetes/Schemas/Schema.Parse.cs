using System.Collections.Frozen;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Schemas;

public sealed partial class Schema
{
    private static readonly IReadOnlyDictionary<string, Schema> _none = FrozenDictionary<string, Schema>.Empty;

    /// <summary>The schema of values that no document describes: maps merge by key, lists are atomic, scalars are of any type.</summary>
    public static Schema Untyped { get; } = new() { PreservesUnknown = true, AcceptsUndeclared = true };

    /// <summary>The schema of <c>metadata</c>, common to every kind.</summary>
    public static Schema ObjectMeta { get; } = ParseNode((JsonObject)JsonNode.Parse(ObjectMetaDocument)!, isRoot: false, acceptsUndeclared: false);

    private static readonly Schema _string = new() { Type = "string" };

    /// <summary>
    /// Parses the schema of a kind. apiVersion, kind and the full schema of metadata are added to the root and to embedded resources.
    /// <c>$ref</c> is known for ObjectMeta only; every other reference must be resolved beforehand.
    /// </summary>
    public static Schema Parse(JsonObject openApiV3Schema) => ParseNode(openApiV3Schema, isRoot: true, acceptsUndeclared: false);

    /// <summary>A schema with one property, to treat a bare value as a body.</summary>
    internal static Schema Holding(string name, Schema schema) =>
        new() { Type = "object", Properties = new Dictionary<string, Schema>(StringComparer.Ordinal) { [name] = schema } };

    private static Schema ParseNode(JsonObject document, bool isRoot, bool acceptsUndeclared)
    {
        if (Text(document, "$ref") is { } reference && reference.EndsWith("ObjectMeta", StringComparison.Ordinal))
        {
            return ObjectMeta;
        }
        var preserves = Flag(document, "x-kubernetes-preserve-unknown-fields");
        acceptsUndeclared |= preserves;
        var embedded = Flag(document, "x-kubernetes-embedded-resource");
        var properties = ParseProperties(document, isRoot || embedded, acceptsUndeclared);
        var additional = document["additionalProperties"] is JsonObject map ? ParseNode(map, isRoot: false, acceptsUndeclared) : null;
        var items = document["items"] is JsonObject item ? ParseNode(item, isRoot: false, acceptsUndeclared) : null;
        var own = document["x-kubernetes-validations"] is JsonArray { Count: > 0 };
        var pattern = Text(document, "pattern");
        return new Schema
        {
            Type = Text(document, "type") is { Length: > 0 } type ? type : null,
            Format = Text(document, "format") is { Length: > 0 } format ? format : null,
            Nullable = Flag(document, "nullable"),
            Properties = properties,
            AdditionalProperties = additional,
            AllowsAnyProperty = Flag(document, "additionalProperties"),
            Items = items,
            Required = Texts(document, "required"),
            Enum = document["enum"] as JsonArray,
            Default = document["default"]?.DeepClone(),
            HasDefault = document["default"] is not null,
            Minimum = Number(document, "minimum"),
            Maximum = Number(document, "maximum"),
            ExclusiveMinimum = Flag(document, "exclusiveMinimum"),
            ExclusiveMaximum = Flag(document, "exclusiveMaximum"),
            MultipleOf = Number(document, "multipleOf"),
            MinLength = Integer(document, "minLength"),
            MaxLength = Integer(document, "maxLength"),
            MinItems = Integer(document, "minItems"),
            MaxItems = Integer(document, "maxItems"),
            MinProperties = Integer(document, "minProperties"),
            MaxProperties = Integer(document, "maxProperties"),
            Pattern = pattern,
            PatternExpression = Compile(pattern),
            AllOf = ParseList(document, "allOf"),
            AnyOf = ParseList(document, "anyOf"),
            OneOf = ParseList(document, "oneOf"),
            Not = document["not"] is JsonObject not ? ParseNode(not, isRoot: false, acceptsUndeclared: false) : null,
            PreservesUnknown = preserves,
            AcceptsUndeclared = acceptsUndeclared,
            IntOrString = Flag(document, "x-kubernetes-int-or-string"),
            EmbeddedResource = embedded,
            IsRoot = isRoot,
            ListType = Text(document, "x-kubernetes-list-type"),
            ListMapKeys = Texts(document, "x-kubernetes-list-map-keys"),
            AtomicMap = Text(document, "x-kubernetes-map-type") == "atomic",
            PatchStrategy = Text(document, "x-kubernetes-patch-strategy") ?? "",
            PatchMergeKey = Text(document, "x-kubernetes-patch-merge-key"),
            HasOwnCelRules = own,
            HasCelRules = own || items?.HasCelRules == true || additional?.HasCelRules == true || properties.Values.Any(property => property.HasCelRules),
        };
    }

    private static IReadOnlyDictionary<string, Schema> ParseProperties(JsonObject document, bool isResource, bool acceptsUndeclared)
    {
        var declared = document["properties"] as JsonObject;
        if (declared is null && !isResource)
        {
            return _none;
        }
        var properties = new OrderedDictionary<string, Schema>(StringComparer.Ordinal);
        foreach (var (name, value) in declared ?? [])
        {
            if (value is JsonObject node)
            {
                properties[name] = ParseNode(node, isRoot: false, acceptsUndeclared);
            }
        }
        if (isResource)
        {
            properties.TryAdd("apiVersion", _string);
            properties.TryAdd("kind", _string);
            properties["metadata"] = properties.TryGetValue("metadata", out var own) ? ObjectMeta.WithDeclared(own) : ObjectMeta;
        }
        return properties;
    }

    private Schema WithDeclared(Schema declared) => new()
    {
        Type = Type,
        Properties = Properties,
        Declared = declared,
        HasCelRules = declared.HasCelRules,
    };

    private static List<Schema> ParseList(JsonObject document, string name) =>
        document[name] is JsonArray alternatives
            ? [.. alternatives.OfType<JsonObject>().Select(node => ParseNode(node, isRoot: false, acceptsUndeclared: false))]
            : [];

    private static Regex? Compile(string? pattern) => string.IsNullOrEmpty(pattern) ? null : GoPattern.Compile(pattern, out _);

    private static string? Text(JsonObject document, string name) => Scalars.AsString(document[name]);

    private static bool Flag(JsonObject document, string name) => Scalars.IsTrue(document[name]);

    private static double? Number(JsonObject document, string name) => Scalars.IsNumber(document[name]) ? Scalars.AsDouble(document[name]) : null;

    private static long? Integer(JsonObject document, string name) => Scalars.TryInteger(document[name], out var value) ? value : null;

    private static string[] Texts(JsonObject document, string name) =>
        document[name] is JsonArray array ? [.. array.Select(Scalars.AsString).OfType<string>()] : [];
}
