using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Discovery;

/// <summary>Discovery in its first form: one page per group and version.</summary>
internal static class LegacyPages
{
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    public static JsonObject Versions() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = "127.0.0.1" }),
    };

    public static JsonObject Groups(IEnumerable<ApiGroup> groups) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. groups.Select(Describe)]),
    };

    public static JsonObject Group(ApiGroup group)
    {
        var page = new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach (var (name, value) in Describe(group))
        {
            page[name] = value?.DeepClone();
        }
        return page;
    }

    /// <param name="kinds">All of one group and version.</param>
    public static JsonObject Resources(IReadOnlyList<ServedResource> kinds)
    {
        var page = new JsonObject { ["kind"] = "APIResourceList" };
        if (kinds[0].Group.Length > 0)
        {
            page["apiVersion"] = "v1";
        }
        page["groupVersion"] = kinds[0].ApiVersion;
        page["resources"] = new JsonArray([.. kinds.SelectMany(kind => Entries(kind).OrderBy(entry => (string)entry["name"]!, StringComparer.Ordinal))]);
        return page;
    }

    public static string StorageVersionHash(ServedResource resource)
    {
        var stored = $"{resource.Storage.Group}/{resource.StorageVersion ?? resource.Version}/{resource.Kind}";
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(stored)).AsSpan(0, 8));
    }

    private static JsonObject Describe(ApiGroup group)
    {
        var versions = group.Versions.Select(version => new JsonObject { ["groupVersion"] = $"{group.Name}/{version}", ["version"] = version }).ToList();
        return new JsonObject { ["name"] = group.Name, ["versions"] = new JsonArray([.. versions]), ["preferredVersion"] = versions[0].DeepClone() };
    }

    private static IEnumerable<JsonObject> Entries(ServedResource resource)
    {
        var entry = new JsonObject
        {
            ["name"] = resource.Plural,
            ["singularName"] = resource.Singular,
            ["namespaced"] = resource.Namespaced,
            ["kind"] = resource.Kind,
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
        if (resource.Answer is null)
        {
            entry["storageVersionHash"] = StorageVersionHash(resource);
        }
        yield return entry;
        if (resource.HasStatus)
        {
            yield return Part(resource, "status", resource.Kind, StatusVerbs);
        }
        foreach (var (name, subresource) in resource.Subresources)
        {
            var part = Part(resource, name, subresource.Kind, subresource.Verbs);
            if (subresource.ApiVersion != resource.ApiVersion)
            {
                var slash = subresource.ApiVersion.LastIndexOf('/');
                part["group"] = slash < 0 ? "" : subresource.ApiVersion[..slash];
                part["version"] = subresource.ApiVersion[(slash + 1)..];
            }
            yield return part;
        }
    }

    private static JsonObject Part(ServedResource resource, string name, string kind, IEnumerable<string> verbs) => new()
    {
        ["name"] = $"{resource.Plural}/{name}",
        ["singularName"] = "",
        ["namespaced"] = resource.Namespaced,
        ["kind"] = kind,
        ["verbs"] = Array(verbs),
    };
}
