using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tables;

/// <summary>Writes Tables from the columns of a kind.</summary>
internal sealed class TableWriter : ITableWriter
{
    public JsonObject Write(ServedResource resource, IReadOnlyList<JsonObject> objects, JsonObject listMetadata, TableForm form, DateTimeOffset now) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = form.ApiVersion,
        ["metadata"] = listMetadata.DeepClone(),
        ["columnDefinitions"] = form.WithColumns ? new JsonArray([.. resource.Columns.Select(Definition)]) : null,
        ["rows"] = new JsonArray([.. objects.Select(item => Row(resource, item, form, now))]),
    };

    private static JsonObject Definition(TableColumn column) => new()
    {
        ["name"] = column.Name,
        ["type"] = column.Type,
        ["format"] = column.Format,
        ["description"] = column.Description,
        ["priority"] = column.Priority,
    };

    private static JsonObject Row(ServedResource resource, JsonObject item, TableForm form, DateTimeOffset now) => new()
    {
        // A bookmark has no name: the server shows it as a row of nulls behind an empty name.
        ["cells"] = new JsonArray([.. resource.Columns.Select(column => item["metadata"]?["name"] is not null ? column.Cell(item, now) : column.Format == "name" ? "" : null)]),
        ["object"] = form.Include switch
        {
            IncludeObject.None => null,
            IncludeObject.Full => item.DeepClone(),
            _ => new JsonObject
            {
                ["kind"] = "PartialObjectMetadata",
                ["apiVersion"] = form.ApiVersion,
                ["metadata"] = item["metadata"]?.DeepClone(),
            },
        },
    };
}
