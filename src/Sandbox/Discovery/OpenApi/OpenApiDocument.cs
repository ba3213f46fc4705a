using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Discovery.OpenApi;

/// <summary>
/// The OpenAPI v3 document of one group and version: what kubectl explains from, and where it looks whether the server validates fields
/// (a <c>fieldValidation</c> parameter on the PATCH of the kind).
/// </summary>
internal static class OpenApiDocument
{
    public static JsonObject Of(IReadOnlyList<ServedResource> kinds)
    {
        var paths = new JsonObject();
        var schemas = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var resource in kinds)
        {
            foreach (var (path, item) in ResourcePaths.Of(resource))
            {
                paths[path] = item;
            }
            SchemaComponents.Add(resource, schemas);
        }
        var components = new JsonObject();
        foreach (var (name, schema) in schemas)
        {
            components[name] = schema;
        }
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = kinds[0].IsCustom
                ? new JsonObject { ["title"] = "Kubernetes CRD Swagger", ["version"] = "v0.1.0" }
                : new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.36.2" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = components },
        };
    }

    /// <summary>The document of /version.</summary>
    public static JsonObject OfVersion() => new()
    {
        ["openapi"] = "3.0.0",
        ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.36.2" },
        ["paths"] = new JsonObject
        {
            ["/version/"] = new JsonObject
            {
                ["get"] = new JsonObject { ["operationId"] = "getCodeVersion", ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } } },
            },
        },
        ["components"] = new JsonObject(),
    };

    /// <summary>Name of a kind's schema: <c>dev.example.v1.Widget</c>.</summary>
    internal static string SchemaName(ServedResource resource) => resource.Definition.Length > 0 ? resource.Definition
        : $"{string.Join('.', resource.Group.Split('.').Reverse())}.{resource.Version}.{resource.Kind}";

    internal static JsonObject GroupVersionKind(ServedResource resource, string kind) =>
        new() { ["group"] = resource.Group, ["kind"] = kind, ["version"] = resource.Version };

    internal static JsonObject Reference(string schema) => new() { ["$ref"] = $"#/components/schemas/{schema}" };

    /// <summary>Upper-case first letter.</summary>
    internal static string Capital(string word) => word.Length == 0 ? word : string.Concat(char.ToUpper(word[0], CultureInfo.InvariantCulture).ToString(), word.AsSpan(1));
}
