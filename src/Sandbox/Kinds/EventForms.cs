using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// The two faces of an Event. It is stored as core/v1; events.k8s.io/v1 calls the same fields by other names, and writes other fields
/// when they are empty.
/// </summary>
internal static class EventForms
{
    private static readonly (string Core, string Modern)[] Renamed =
    [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
    ];

    /// <summary>A copy under the names of events.k8s.io/v1.</summary>
    public static JsonObject ToModern(JsonObject core, TypedField modernType) => Rename(core, "events.k8s.io/v1", pair => (pair.Core, pair.Modern), modernType);

    /// <summary>A copy under the names of core/v1.</summary>
    public static JsonObject ToCore(JsonObject modern, TypedField coreType) => Rename(modern, "v1", pair => (pair.Modern, pair.Core), coreType);

    private static JsonObject Rename(
        JsonObject source, string apiVersion, Func<(string Core, string Modern), (string From, string To)> direction, TypedField type)
    {
        var names = Renamed.Select(direction).ToDictionary(pair => pair.From, pair => pair.To, StringComparer.Ordinal);
        var copy = new JsonObject();
        foreach (var (key, value) in source)
        {
            copy[names.GetValueOrDefault(key, key)] = value?.DeepClone();
        }
        copy["apiVersion"] = apiVersion;
        // What one form writes when empty the other leaves out: let the type decide. It cannot fail on what the other type accepted.
        _ = type.Decode(copy);
        return copy;
    }
}
