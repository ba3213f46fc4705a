using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary><c>metadata.generation</c>: counts the changes of what a user wants.</summary>
internal static class Generations
{
    /// <summary>One up when anything outside metadata changed; a status that has its own subresource does not count.</summary>
    public static void Advance(ServedResource resource, JsonObject updated, JsonObject existing)
    {
        if ((resource.HasGeneration || resource.IsCustom) && Changes.Names(updated, existing)
            .Any(name => name != "metadata" && !(name == "status" && resource.HasStatus)))
        {
            Bump(updated);
        }
    }

    /// <summary>One up, for kinds that count.</summary>
    public static void Bump(JsonObject content)
    {
        if (content["metadata"]?["generation"] is JsonValue value)
        {
            content["metadata"]!["generation"] = value.GetValue<long>() + 1;
        }
    }
}
