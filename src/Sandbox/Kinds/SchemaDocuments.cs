using System.Reflection;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// The hand-written OpenAPI documents of the built-in kinds, one embedded file per Go package. Inside a file a <c>$ref</c> names a
/// definition of the same package by its last part, others in full. <c>x-encoding</c> says how Go writes a field of value zero
/// (see <see cref="TypedField"/>) and is never shown to clients.
/// </summary>
internal static class SchemaDocuments
{
    public const string ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    public const string EncodingKey = "x-encoding";

    private const string ResourcePrefix = "Comptroller.Sandbox.Kinds.Documents.";
    private static readonly Dictionary<string, JsonObject> Definitions = Load();

    /// <summary>Full names of all definitions, ordered.</summary>
    public static IEnumerable<string> Names => Definitions.Keys.Order(StringComparer.Ordinal);

    /// <summary>The definition as written, with references in full. Read only.</summary>
    public static JsonObject Definition(string fullName) => Definitions[fullName];

    /// <summary>A fresh copy of the definition with every reference replaced by what it names.</summary>
    public static JsonObject Expand(string fullName) => (JsonObject)Expand(Definitions[fullName])!;

    /// <summary>A fresh copy of the document of a kind: its definition together with apiVersion, kind and metadata.</summary>
    public static JsonObject ExpandKind(string fullName) => WithObjectFields(Expand(fullName), Expand(ObjectMeta));

    /// <summary>Puts apiVersion, kind and metadata into the document of a kind.</summary>
    public static JsonObject WithObjectFields(JsonObject document, JsonObject metadata)
    {
        if (document["properties"] is not JsonObject properties)
        {
            document["properties"] = properties = [];
        }
        properties["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = ApiVersionText };
        properties["kind"] = new JsonObject { ["type"] = "string", ["description"] = KindText };
        properties["metadata"] = metadata;
        return document;
    }

    public const string ApiVersionText =
        "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";

    public const string KindText =
        "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

    private static JsonNode? Expand(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject document:
                var copy = (string?)document["$ref"] is { } reference ? (JsonObject)Expand(Definitions[reference])! : [];
                foreach (var (key, value) in document)
                {
                    if (key is not ("$ref" or EncodingKey))
                    {
                        copy[key] = Expand(value);
                    }
                }
                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Select(Expand)]);
            default:
                return node?.DeepClone();
        }
    }

    private static Dictionary<string, JsonObject> Load()
    {
        var definitions = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var package = name[ResourcePrefix.Length..^".json".Length];
            foreach (var (key, value) in JsonNode.Parse(stream)!.AsObject())
            {
                definitions[$"{package}.{key}"] = (JsonObject)value!.DeepClone();
            }
        }
        foreach (var (name, definition) in definitions)
        {
            QualifyReferences(definition, name[..name.LastIndexOf('.')], definitions);
        }
        return definitions;
    }

    private static void QualifyReferences(JsonNode? node, string package, Dictionary<string, JsonObject> definitions)
    {
        switch (node)
        {
            case JsonObject document:
                if ((string?)document["$ref"] is { } reference && !definitions.ContainsKey(reference))
                {
                    document["$ref"] = $"{package}.{reference}";
                }
                foreach (var (_, value) in document)
                {
                    QualifyReferences(value, package, definitions);
                }
                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    QualifyReferences(item, package, definitions);
                }
                break;
        }
    }
}
