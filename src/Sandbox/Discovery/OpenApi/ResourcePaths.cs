using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Discovery.OpenApi;

/// <summary>The paths of a kind and what can be done there.</summary>
internal static class ResourcePaths
{
    private const string MetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    private static readonly string[] Bodies = ["application/json", "application/yaml"];
    private static readonly string[] CustomPatches = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
    private static readonly string[] BuiltInPatches = [.. CustomPatches, "application/strategic-merge-patch+json"];

    private static readonly string[] ListParameters =
    [
        "allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch",
        "sendInitialEvents", "shardSelector", "timeoutSeconds", "watch",
    ];

    private static readonly string[] WriteParameters = ["dryRun", "fieldManager", "fieldValidation"];
    private static readonly string[] PatchParameters = [.. WriteParameters, "force"];
    private static readonly string[] DeleteParameters = ["dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents", "propagationPolicy"];
    private static readonly string[] Flags = ["allowWatchBookmarks", "sendInitialEvents", "watch", "force", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents"];
    private static readonly string[] Numbers = ["limit", "timeoutSeconds", "gracePeriodSeconds"];

    public static IEnumerable<(string Path, JsonObject Item)> Of(ServedResource resource)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        var collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
        if (resource.Answer is not null)
        {
            yield return (collection, Item(resource, hasName: false, ("post", Write(resource, "create", "post", "", Bodies, WriteParameters))));
            yield break;
        }
        yield return (collection, Item(resource, hasName: false, CollectionOperations(resource)));
        yield return ($"{collection}/{{name}}", Item(resource, hasName: true, [.. ObjectOperations(resource, ""), ("delete", Delete(resource))]));
        if (resource.HasStatus)
        {
            yield return ($"{collection}/{{name}}/status", Item(resource, hasName: true, ObjectOperations(resource, "Status")));
        }
        if (resource.Namespaced)
        {
            var all = new JsonObject { ["get"] = Operation(resource, $"list{Prefix(resource)}{resource.Kind}ForAllNamespaces", "list", [], [], List(resource)) };
            all["parameters"] = Parameters([.. ListParameters]);
            yield return ($"{root}/{resource.Plural}", all);
        }
    }

    private static (string, JsonObject)[] CollectionOperations(ServedResource resource)
    {
        var list = Operation(resource, $"list{Prefix(resource)}{Scoped(resource)}", "list", ListParameters, [], List(resource));
        var create = Write(resource, "create", "post", "", Bodies, WriteParameters);
        return !resource.Verbs.Contains("deletecollection") ? [("get", list), ("post", create)]
            :
            [
                ("get", list), ("post", create),
                ("delete", Operation(resource, $"delete{Prefix(resource)}Collection{Scoped(resource)}", "deletecollection", ListParameters, [], MetaPackage + "Status")),
            ];
    }

    private static (string, JsonObject)[] ObjectOperations(ServedResource resource, string suffix) =>
    [
        ("get", Operation(resource, $"read{Prefix(resource)}{Scoped(resource)}{suffix}", "get", ["resourceVersion"], [], OpenApiDocument.SchemaName(resource))),
        ("put", Write(resource, "replace", "put", suffix, Bodies, WriteParameters)),
        ("patch", Write(resource, "patch", "patch", suffix, resource.IsCustom ? CustomPatches : BuiltInPatches, PatchParameters)),
    ];

    private static JsonObject Delete(ServedResource resource)
    {
        var operation = Operation(resource, $"delete{Prefix(resource)}{Scoped(resource)}", "delete", DeleteParameters, Bodies, MetaPackage + "Status");
        operation["requestBody"] = Body(Bodies, MetaPackage + "DeleteOptions");
        return operation;
    }

    private static JsonObject Write(ServedResource resource, string verb, string action, string suffix, string[] contentTypes, string[] parameters) =>
        Operation(resource, $"{verb}{Prefix(resource)}{Scoped(resource)}{suffix}", action, parameters, contentTypes, OpenApiDocument.SchemaName(resource));

    private static JsonObject Operation(ServedResource resource, string id, string action, string[] parameters, string[] requestTypes, string responseSchema)
    {
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray($"{Prefix(resource)}"),
            ["operationId"] = id,
            ["parameters"] = Parameters(parameters),
            ["responses"] = new JsonObject { ["200"] = WithContent(new JsonObject { ["description"] = "OK" }, Bodies, responseSchema) },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = new JsonObject { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind },
        };
        if (requestTypes.Length > 0)
        {
            operation["requestBody"] = Body(requestTypes, action == "patch" ? MetaPackage + "Patch" : responseSchema);
        }
        return operation;
    }

    private static JsonObject Item(ServedResource resource, bool hasName, params (string Method, JsonObject Operation)[] operations)
    {
        var item = new JsonObject();
        foreach (var (method, operation) in operations)
        {
            item[method] = operation;
        }
        var parameters = new JsonArray();
        foreach (var name in (string[])[.. hasName ? ["name"] : Array.Empty<string>(), .. resource.Namespaced ? ["namespace"] : Array.Empty<string>()])
        {
            parameters.Add((JsonNode)new JsonObject { ["name"] = name, ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } });
        }
        parameters.Add((JsonNode)Parameter("pretty"));
        item["parameters"] = parameters;
        return item;
    }

    private static JsonArray Parameters(string[] names) => new([.. names.Select(Parameter)]);

    private static JsonObject Parameter(string name) => new()
    {
        ["name"] = name,
        ["in"] = "query",
        ["schema"] = new JsonObject { ["type"] = Flags.Contains(name) ? "boolean" : Numbers.Contains(name) ? "integer" : "string", ["uniqueItems"] = true },
    };

    private static JsonObject Body(string[] contentTypes, string schema) => WithContent([], contentTypes, schema);

    private static JsonObject WithContent(JsonObject holder, string[] contentTypes, string schema)
    {
        var content = new JsonObject();
        foreach (var type in contentTypes)
        {
            content[type] = new JsonObject { ["schema"] = OpenApiDocument.Reference(schema) };
        }
        holder["content"] = content;
        return holder;
    }

    private static string List(ServedResource resource) => OpenApiDocument.SchemaName(resource)[..^resource.Kind.Length] + resource.ListKind;

    private static string Scoped(ServedResource resource) => resource.Namespaced ? "Namespaced" + resource.Kind : resource.Kind;

    /// <summary><c>ConformanceExampleDevV1alpha1</c>; the core group is called <c>Core</c>, and k8s.io is left out.</summary>
    private static string Prefix(ServedResource resource)
    {
        var group = resource.Group.Length == 0 ? "core" : resource.IsCustom ? resource.Group : resource.Group.Replace(".k8s.io", "", StringComparison.Ordinal);
        return string.Concat(group.Split('.').Select(OpenApiDocument.Capital)) + OpenApiDocument.Capital(resource.Version);
    }
}
