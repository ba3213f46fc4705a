using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Kinds;

/// <summary>The field selectors of the two Event APIs. They read the object in the form of their own API.</summary>
internal static class EventFields
{
    private static readonly string[] ReferenceParts = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

    public static IReadOnlyDictionary<string, Func<JsonObject, string>> Core { get; } = Make("involvedObject", "reportingComponent", "source");

    public static IReadOnlyDictionary<string, Func<JsonObject, string>> Modern { get; } = Make("regarding", "reportingController", "deprecatedSource");

    private static Dictionary<string, Func<JsonObject, string>> Make(string about, string controller, string source)
    {
        var fields = new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal)
        {
            ["reason"] = item => BuiltInKinds.At(item, "reason"),
            ["type"] = item => BuiltInKinds.At(item, "type"),
            [controller] = item => BuiltInKinds.At(item, controller) is { Length: > 0 } named ? named : BuiltInKinds.At(item, $"{source}.component"),
        };
        if (source == "source")
        {
            fields["source"] = item => BuiltInKinds.At(item, "source.component") is { Length: > 0 } component ? component : BuiltInKinds.At(item, controller);
        }
        foreach (var part in ReferenceParts)
        {
            fields[$"{about}.{part}"] = item => BuiltInKinds.At(item, $"{about}.{part}");
        }
        return fields;
    }
}
