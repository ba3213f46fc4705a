using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Patches;

/// <summary>JSON merge patch, RFC 7386.</summary>
internal static class MergePatch
{
    /// <summary>A new value; neither argument is changed. Nulls in the patch delete; anything but an object replaces.</summary>
    public static JsonNode Apply(JsonNode target, JsonNode patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch.DeepClone();
        }
        var result = target is JsonObject map ? (JsonObject)map.DeepClone() : [];
        Merge(result, changes);
        return result;
    }

    private static void Merge(JsonObject target, JsonObject changes)
    {
        foreach (var (name, change) in changes)
        {
            switch (change)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject below:
                    if (target[name] is not JsonObject map)
                    {
                        map = [];
                        target[name] = map;
                    }
                    Merge(map, below);
                    break;
                default:
                    target[name] = change.DeepClone();
                    break;
            }
        }
    }
}
