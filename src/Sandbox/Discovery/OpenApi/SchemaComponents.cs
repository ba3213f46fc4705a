using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Discovery.OpenApi;

/// <summary>The schemas that a document needs: of its kinds, of their lists, and of everything these refer to.</summary>
internal static class SchemaComponents
{
    private const string MetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string Conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

    private static readonly string[] AlwaysThere =
    [
        "DeleteOptions", "FieldsV1", "ListMeta", "ManagedFieldsEntry", "ObjectMeta", "OwnerReference", "Patch", "Preconditions", "ShardInfo",
        "Status", "StatusCause", "StatusDetails", "Time",
    ];

    public static void Add(ServedResource resource, SortedDictionary<string, JsonObject> schemas)
    {
        foreach (var name in AlwaysThere)
        {
            AddDefinition(MetaPackage + name, schemas);
        }
        var schemaName = OpenApiDocument.SchemaName(resource);
        var schema = resource.IsCustom ? (JsonObject)resource.Document.DeepClone() : Published(SchemaDocuments.Definition(resource.Definition), schemas);
        SchemaDocuments.WithObjectFields(schema, Metadata("ObjectMeta", "Standard object's metadata.", "metadata"));
        if (resource.IsCustom)
        {
            DescribeEmbedded(schema, isRoot: true);
        }
        schema["x-kubernetes-group-version-kind"] = new JsonArray(OpenApiDocument.GroupVersionKind(resource, resource.Kind));
        var list = List(resource, schemaName);
        if (resource.IsCustom && resource.SelectableFields.Count > 0)
        {
            foreach (var target in (JsonObject[])[schema, list])
            {
                target["x-kubernetes-selectable-fields"] = new JsonArray([.. resource.SelectableFields.Keys.Select(path => new JsonObject { ["fieldPath"] = path })]);
            }
        }
        schemas[schemaName] = schema;
        if (resource.Answer is null)
        {
            schemas[schemaName[..^resource.Kind.Length] + resource.ListKind] = list;
        }
    }

    private static JsonObject List(ServedResource resource, string schemaName) => new()
    {
        ["description"] = $"{resource.ListKind} is a list of {resource.Kind}",
        ["type"] = "object",
        ["required"] = new JsonArray("items"),
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["description"] = SchemaDocuments.ApiVersionText, ["type"] = "string" },
            ["items"] = new JsonObject
            {
                ["description"] = $"List of {resource.Plural}. More info: {Conventions}",
                ["type"] = "array",
                ["items"] = OpenApiDocument.Reference(schemaName),
            },
            ["kind"] = new JsonObject { ["description"] = SchemaDocuments.KindText, ["type"] = "string" },
            ["metadata"] = Metadata("ListMeta", "Standard list metadata.", "types-kinds"),
        },
        ["x-kubernetes-group-version-kind"] = new JsonArray(OpenApiDocument.GroupVersionKind(resource, resource.ListKind)),
    };

    private static JsonObject Metadata(string type, string text, string section) => new()
    {
        ["description"] = $"{text} More info: {Conventions}#{section}",
        ["allOf"] = new JsonArray(OpenApiDocument.Reference(MetaPackage + type)),
    };

    private static void AddDefinition(string name, SortedDictionary<string, JsonObject> schemas)
    {
        if (!schemas.ContainsKey(name))
        {
            // Entered before it is walked, so that what refers to itself ends.
            schemas[name] = [];
            schemas[name] = Published(SchemaDocuments.Definition(name), schemas);
        }
    }

    private static JsonObject Published(JsonObject definition, SortedDictionary<string, JsonObject> schemas) => (JsonObject)Publish(definition, schemas)!;

    /// <summary>A copy as clients may see it: references in OpenAPI's form, without our own notes.</summary>
    private static JsonNode? Publish(JsonNode? node, SortedDictionary<string, JsonObject> schemas)
    {
        switch (node)
        {
            case JsonObject document:
                var copy = new JsonObject();
                foreach (var (key, value) in document)
                {
                    if (key == "$ref" && value is JsonValue)
                    {
                        AddDefinition((string)value!, schemas);
                        copy["allOf"] = new JsonArray(OpenApiDocument.Reference((string)value!));
                    }
                    else if (key == "format" && value is JsonValue && (string?)value == "micro-time")
                    {
                        copy[key] = "date-time";
                    }
                    else if (key != SchemaDocuments.EncodingKey)
                    {
                        copy[key] = Publish(value, schemas);
                    }
                }
                return copy.Count == 1 && copy["allOf"] is JsonArray alone ? alone[0]!.DeepClone() : copy;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Publish(item, schemas))]);
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>Says of an embedded object what it has as an object.</summary>
    private static void DescribeEmbedded(JsonNode? node, bool isRoot)
    {
        if (node is not JsonObject schema)
        {
            return;
        }
        if (!isRoot && (bool?)schema["x-kubernetes-embedded-resource"] == true)
        {
            SchemaDocuments.WithObjectFields(schema, Metadata("ObjectMeta", "Standard object's metadata.", "metadata"));
            var properties = schema["properties"]!.AsObject();
            properties["apiVersion"]!["description"] = $"apiVersion defines the versioned schema of this representation of an object. More info: {Conventions}#resources";
            properties["kind"]!["description"] = $"kind is a string value representing the type of this object. In CamelCase. More info: {Conventions}#types-kinds";
            schema["required"] = new JsonArray("kind", "apiVersion");
        }
        foreach (var (_, property) in schema["properties"] as JsonObject ?? [])
        {
            DescribeEmbedded(property, isRoot: false);
        }
        DescribeEmbedded(schema["items"], isRoot: false);
        DescribeEmbedded(schema["additionalProperties"], isRoot: false);
    }
}
