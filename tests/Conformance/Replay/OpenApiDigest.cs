using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Replay;

/// <summary>
/// The short form in which OpenAPI documents are recorded: of an operation its action, kind, id, parameter names and media types;
/// of the schemas their names.
/// </summary>
internal static class OpenApiDigest
{
    public static JsonNode Of(JsonNode document)
    {
        var digest = document.DeepClone().AsObject();
        foreach (var (_, path) in digest["paths"]?.AsObject() ?? [])
        {
            var shared = path!["parameters"]?.AsArray() ?? [];
            path.AsObject().Remove("parameters");
            foreach (var method in path.AsObject().Select(operation => operation.Key).ToList())
            {
                path[method] = Operation(path[method]!.AsObject(), shared);
            }
        }

        if (digest["components"] is JsonObject components && components["schemas"] is JsonObject schemas)
        {
            components["schemaNames"] = new JsonArray([.. schemas.Select(schema => (JsonNode?)schema.Key)]);
        }

        return digest;
    }

    private static JsonObject Operation(JsonObject operation, JsonArray shared) => new()
    {
        ["operationId"] = operation["operationId"]?.DeepClone(),
        ["x-kubernetes-action"] = operation["x-kubernetes-action"]?.DeepClone(),
        ["x-kubernetes-group-version-kind"] = operation["x-kubernetes-group-version-kind"]?.DeepClone(),
        ["parameters"] = Sorted((operation["parameters"]?.AsArray() ?? []).Select(parameter => (string)parameter!["name"]!)),
        ["requestContentTypes"] = Sorted((operation["requestBody"]?["content"]?.AsObject() ?? []).Select(content => content.Key)),
        ["responseContentTypes"] = Sorted((operation["responses"]?["200"]?["content"]?.AsObject() ?? []).Select(content => content.Key)),
    };

    private static JsonArray Sorted(IEnumerable<string> names) => new([.. names.Order(StringComparer.Ordinal).Select(name => (JsonNode?)name)]);
}
