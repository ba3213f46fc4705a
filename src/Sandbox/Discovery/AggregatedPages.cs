using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Discovery;

/// <summary>Aggregated discovery: all groups, versions and kinds in one page.</summary>
internal static class AggregatedPages
{
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    /// <summary>/api: the core group, which has no name.</summary>
    public static JsonObject Core(IReadOnlyList<ServedResource> all) =>
        Page([new JsonObject { ["metadata"] = new JsonObject(), ["versions"] = new JsonArray(Version("", "v1", all)) }]);

    /// <summary>/apis: every named group.</summary>
    public static JsonObject Groups(IEnumerable<ApiGroup> groups, IReadOnlyList<ServedResource> all) => Page(groups.Select(group => new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = group.Name },
        ["versions"] = new JsonArray([.. group.Versions.Select(version => Version(group.Name, version, all))]),
    }));

    private static JsonObject Page(IEnumerable<JsonObject> items) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. items]),
    };

    private static JsonObject Version(string group, string version, IEnumerable<ServedResource> all) => new()
    {
        ["version"] = version,
        ["resources"] = new JsonArray([.. all.Where(resource => resource.Group == group && resource.Version == version)
            .OrderBy(resource => resource.Plural, StringComparer.Ordinal).Select(Resource)]),
        ["freshness"] = "Current",
    };

    private static JsonObject Resource(ServedResource resource)
    {
        var entry = new JsonObject
        {
            ["resource"] = resource.Plural,
            ["responseKind"] = ResponseKind(resource),
            ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.Singular,
            ["verbs"] = Array(resource.Verbs),
        };
        if (resource.ShortNames.Count > 0)
        {
            entry["shortNames"] = Array(resource.ShortNames);
        }
        if (resource.Categories.Count > 0)
        {
            entry["categories"] = Array(resource.Categories);
        }
        var parts = Parts(resource).OrderBy(part => (string)part["subresource"]!, StringComparer.Ordinal).ToList();
        if (parts.Count > 0)
        {
            entry["subresources"] = new JsonArray([.. parts]);
        }
        return entry;
    }

    private static IEnumerable<JsonObject> Parts(ServedResource resource)
    {
        if (resource.HasStatus)
        {
            yield return new JsonObject { ["subresource"] = "status", ["responseKind"] = ResponseKind(resource), ["verbs"] = Array(StatusVerbs) };
        }
        foreach (var (name, subresource) in resource.Subresources)
        {
            var slash = subresource.ApiVersion.LastIndexOf('/');
            var kind = subresource.ApiVersion == resource.ApiVersion ? ResponseKind(resource) : new JsonObject
            {
                ["group"] = slash < 0 ? "" : subresource.ApiVersion[..slash],
                ["version"] = subresource.ApiVersion[(slash + 1)..],
                ["kind"] = subresource.Kind,
            };
            yield return new JsonObject { ["subresource"] = name, ["responseKind"] = kind, ["verbs"] = Array(subresource.Verbs) };
        }
    }

    /// <summary>Built-in kinds leave group and version empty, which means: those of the page's version.</summary>
    private static JsonObject ResponseKind(ServedResource resource) => new()
    {
        ["group"] = resource.IsCustom ? resource.Group : "",
        ["version"] = resource.IsCustom ? resource.Version : "",
        ["kind"] = resource.Kind,
    };
}
