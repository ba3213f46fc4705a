using System.Reflection;
using System.Text.Json.Nodes;
using Comptroller.Crds.Schema;

namespace Comptroller.CrdGen;

/// <summary>A CustomResourceDefinition from a record and its attributes.</summary>
internal static class CrdBuilder
{
    public static JsonObject Build(Type kind, XmlDocs docs)
    {
        var resource = kind.GetCustomAttribute<ResourceAttribute>()
            ?? throw new InvalidOperationException($"{kind.Name} has no [Resource]");
        var names = new JsonObject
        {
            ["kind"] = resource.Kind,
            ["listKind"] = $"{resource.Kind}List",
            ["plural"] = resource.Plural,
            ["singular"] = resource.Singular,
        };
        AddStrings(names, "shortNames", resource.ShortNames);
        AddStrings(names, "categories", resource.Categories);

        return new JsonObject
        {
            ["apiVersion"] = "apiextensions.k8s.io/v1",
            ["kind"] = "CustomResourceDefinition",
            ["metadata"] = new JsonObject { ["name"] = $"{resource.Plural}.{resource.Group}" },
            ["spec"] = new JsonObject
            {
                ["group"] = resource.Group,
                ["names"] = names,
                ["scope"] = resource.Scope.ToString(),
                ["versions"] = new JsonArray(Version(kind, resource, docs)),
            },
        };
    }

    private static JsonObject Version(Type kind, ResourceAttribute resource, XmlDocs docs)
    {
        var version = new JsonObject { ["name"] = resource.Version, ["served"] = true, ["storage"] = true };
        if (kind.GetCustomAttribute<StatusSubresourceAttribute>() is not null)
        {
            version["subresources"] = new JsonObject { ["status"] = new JsonObject() };
        }

        var columns = kind.GetCustomAttributes<PrinterColumnAttribute>().Select(Column).ToArray();
        if (columns.Length > 0)
        {
            version["additionalPrinterColumns"] = new JsonArray(columns);
        }

        var selectable = kind.GetCustomAttributes<SelectableFieldAttribute>()
            .Select(field => (JsonNode)new JsonObject { ["jsonPath"] = field.JsonPath }).ToArray();
        if (selectable.Length > 0)
        {
            version["selectableFields"] = new JsonArray(selectable);
        }

        version["schema"] = new JsonObject { ["openAPIV3Schema"] = new SchemaBuilder(docs).Kind(kind) };
        return version;
    }

    private static JsonNode Column(PrinterColumnAttribute column)
    {
        var node = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Description is { } description)
        {
            node["description"] = description;
        }

        if (column.Priority != 0)
        {
            node["priority"] = column.Priority;
        }

        return node;
    }

    private static void AddStrings(JsonObject node, string field, string[] values)
    {
        if (values.Length > 0)
        {
            node[field] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }
    }
}
