using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Tables;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Resources;

/// <summary>Reads the served kinds out of an established CustomResourceDefinition.</summary>
internal static class CustomKinds
{
    private static readonly string[] Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

    /// <summary>One per served version. Names come from <c>status.acceptedNames</c>, which may lag behind the spec.</summary>
    public static IReadOnlyList<ServedResource> Of(JsonObject definition)
    {
        var spec = definition["spec"]!.AsObject();
        var names = definition["status"]!["acceptedNames"]!;
        var group = (string)spec["group"]!;
        var plural = (string)names["plural"]!;
        var storageVersion = (string)spec["versions"]!.AsArray().First(version => (bool)version!["storage"]!)!["name"]!;
        return [.. spec["versions"]!.AsArray().Where(version => (bool)version!["served"]!).Select(version =>
        {
            var document = (JsonObject)version!["schema"]!["openAPIV3Schema"]!.DeepClone();
            return new ServedResource
            {
                Group = group,
                Version = (string)version["name"]!,
                Plural = plural,
                Singular = (string?)names["singular"] ?? "",
                Kind = (string)names["kind"]!,
                ListKind = (string)names["listKind"]!,
                Namespaced = (string?)spec["scope"] == "Namespaced",
                ShortNames = Texts(names["shortNames"]),
                Categories = Texts(names["categories"]),
                Verbs = Verbs,
                Schema = Schema.Parse(document),
                Document = document,
                HasStatus = version["subresources"]?["status"] is not null,
                IsCustom = true,
                HasGeneration = true,
                Columns = Columns.OfVersion(version),
                SelectableFields = SelectableFields(version["selectableFields"]),
                Storage = new StorageName(group, plural),
                StorageVersion = storageVersion,
            };
        })];
    }

    /// <summary>An absent field counts as empty: selectors on <c>spec.mode=</c> find objects without it.</summary>
    private static Dictionary<string, Func<JsonObject, string>> SelectableFields(JsonNode? fields)
    {
        var selectable = new Dictionary<string, Func<JsonObject, string>>(StringComparer.Ordinal);
        foreach (var field in fields as JsonArray ?? [])
        {
            var path = ((string)field!["jsonPath"]!)[1..];
            var steps = path.Split('.');
            selectable[path] = item => steps.Aggregate((JsonNode?)item, (node, step) => (node as JsonObject)?[step])?.ToString() ?? "";
        }
        return selectable;
    }
}
