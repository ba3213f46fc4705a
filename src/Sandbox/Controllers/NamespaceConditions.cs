using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>What the status of a namespace says while its content will not go.</summary>
internal static class NamespaceConditions
{
    public static void Set(JsonObject space, IReadOnlyList<(ServedResource Kind, List<StoredObject> Items)> remaining, TimeProvider time)
    {
        var resources = remaining.Select(left => $"{left.Kind.Plural}.{left.Kind.Group} has {left.Items.Count} resource instances").Order(StringComparer.Ordinal);
        var finalizers = remaining.SelectMany(left => left.Items)
            .SelectMany(item => (item.Content["metadata"]?["finalizers"] as JsonArray ?? []).Select(name => (string?)name ?? "").Distinct())
            .GroupBy(name => name).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => $"{same.Key} in {same.Count()} resource instances").ToList();
        Conditions.Set(space, time, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered");
        Conditions.Set(space, time, "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed");
        Conditions.Set(space, time, "NamespaceDeletionContentFailure", false, "ContentDeleted", "All content successfully deleted, may be waiting on finalization");
        Conditions.Set(space, time, "NamespaceContentRemaining", true, "SomeResourcesRemain", "Some resources are remaining: " + string.Join(", ", resources));
        Conditions.Set(space, time, "NamespaceFinalizersRemaining", finalizers.Count > 0, finalizers.Count > 0 ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
            finalizers.Count > 0 ? "Some content in the namespace has finalizers remaining: " + string.Join(", ", finalizers) : "All content-preserving finalizers finished");
    }
}
