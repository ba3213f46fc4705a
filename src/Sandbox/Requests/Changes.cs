using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>What differs between two states of an object.</summary>
internal static class Changes
{
    /// <summary>Top-level fields that differ.</summary>
    public static IEnumerable<string> Names(JsonObject updated, JsonObject existing)
    {
        foreach (var (name, value) in updated)
        {
            if (!existing.TryGetPropertyValue(name, out var before) || !JsonNode.DeepEquals(value, before))
            {
                yield return name;
            }
        }
        foreach (var (name, _) in existing)
        {
            if (!updated.ContainsKey(name))
            {
                yield return name;
            }
        }
    }

    /// <summary>
    /// True when nothing is worth storing. The times in managedFields do not count: a write that changes no more than those leaves the
    /// object, and its resourceVersion, as they are.
    /// </summary>
    public static bool None(JsonObject updated, JsonObject existing)
    {
        foreach (var name in Names(updated, existing))
        {
            if (name != "metadata")
            {
                return false;
            }
            foreach (var field in Names(updated["metadata"]!.AsObject(), existing["metadata"]!.AsObject()))
            {
                if (field != "managedFields" || !SameOwners(updated["metadata"]![field] as JsonArray, existing["metadata"]![field] as JsonArray))
                {
                    return false;
                }
            }
        }
        return true;
    }

    private static bool SameOwners(JsonArray? updated, JsonArray? existing) =>
        updated is not null && existing is not null && updated.Count == existing.Count
        && updated.Zip(existing).All(pair => pair is (JsonObject now, JsonObject then) && Names(now, then).All(name => name == "time"));
}
