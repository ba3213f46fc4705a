using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>What the status of a namespace says while its content will not go.</summary>
internal static class NamespaceConditions
{
    public static void Set(JsonObject status, IReadOnlyList<(ServedResource Kind, List<StoredObject> Items)> remaining, TimeProvider time)
    {
        var resources = remaining.Select(left => $"{left.Kind.Plural}.{left.Kind.Group} has {left.Items.Count} resource instances").Order(StringComparer.Ordinal);
        var finalizers = remaining.SelectMany(left => left.Items)
            .SelectMany(item => (item.Content["metadata"]?["finalizers"] as JsonArray ?? []).Select(name => (string?)name ?? "").Distinct())
            .GroupBy(name => name).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => $"{same.Key} in {same.Count()} resource instances").ToList();
        Set(status, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered", "All resources successfully discovered", time);
        Set(status, "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed", time);
        Set(status, "NamespaceDeletionContentFailure", false, "ContentDeleted", "All content successfully deleted, may be waiting on finalization", time);
        Set(status, "NamespaceContentRemaining", true, "SomeResourcesRemain", "Some resources are remaining: " + string.Join(", ", resources), time);
        Set(status, "NamespaceFinalizersRemaining", finalizers.Count > 0, finalizers.Count > 0 ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
            finalizers.Count > 0 ? "Some content in the namespace has finalizers remaining: " + string.Join(", ", finalizers) : "All content-preserving finalizers finished", time);
    }

    private static void Set(JsonObject status, string type, bool holds, string reason, string message, TimeProvider time)
    {
        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(known => (string?)known["type"] == type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            conditions.Add((JsonNode)condition);
        }
        var text = holds ? "True" : "False";
        if ((string?)condition["status"] != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = GoTime.Write(time.GetUtcNow(), micro: false);
        }
        condition["reason"] = reason;
        condition["message"] = message;
    }
}
