using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tables;

/// <summary>Puts objects into the Table form that kubectl prints.</summary>
internal interface ITableWriter
{
    /// <summary>A Table of one row per object.</summary>
    /// <param name="objects">In served form; read only.</param>
    /// <param name="listMetadata">resourceVersion, continue and remainingItemCount of the list; of the object for one.</param>
    JsonObject Write(ServedResource resource, IReadOnlyList<JsonObject> objects, JsonObject listMetadata, TableForm form, DateTimeOffset now);
}

/// <param name="ApiVersion"><c>meta.k8s.io/v1</c> or <c>meta.k8s.io/v1beta1</c>.</param>
/// <param name="WithColumns">False after the first event of a watch: columnDefinitions is null then.</param>
internal sealed record TableForm(string ApiVersion, IncludeObject Include, bool WithColumns);

internal enum IncludeObject
{
    Metadata,
    Full,
    None,
}
