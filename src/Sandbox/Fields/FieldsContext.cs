using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Fields;

/// <summary>Who writes, and how.</summary>
/// <param name="Manager">The field manager; <c>unknown</c> when empty.</param>
/// <param name="ApiVersion">The version of the request, such as <c>v1</c> or <c>batch/v1</c>.</param>
/// <param name="Subresource">Such as <c>status</c>; null for the main resource.</param>
/// <param name="Force">An apply takes fields from other managers instead of failing.</param>
internal sealed record FieldsContext(string Manager, string ApiVersion, string? Subresource, bool Force, DateTimeOffset Time)
{
    /// <summary>
    /// The top-level fields that this request cannot change and hence not own: of a kind with a status subresource <c>status</c>, and
    /// on that subresource the others, <c>metadata</c> included, as the real server's strategy for custom kinds has it.
    /// </summary>
    public required IReadOnlyList<string> Reset { get; init; }

    /// <summary>What an object of the kind holds when nothing is set: a create does not make these fields anybody's. Null for none.</summary>
    public JsonObject? Zero { get; init; }
}
