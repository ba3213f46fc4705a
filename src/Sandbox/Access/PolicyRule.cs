using System.Text.Json.Nodes;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Access;

/// <summary>One rule of a Role or ClusterRole.</summary>
internal sealed record PolicyRule(
    IReadOnlyList<string> Verbs, IReadOnlyList<string> ApiGroups, IReadOnlyList<string> Resources, IReadOnlyList<string> ResourceNames,
    IReadOnlyList<string> NonResourceUrls)
{
    private static readonly string[] AnyName = [""];

    public static PolicyRule Of(JsonNode rule) =>
        new(Texts(rule["verbs"]), Texts(rule["apiGroups"]), Texts(rule["resources"]), Texts(rule["resourceNames"]), Texts(rule["nonResourceURLs"]));

    public static IEnumerable<PolicyRule> AllOf(JsonObject role) => (role["rules"] as JsonArray ?? []).OfType<JsonObject>().Select(Of);

    public bool Allows(AccessRequest request)
    {
        if (!HasOrAll(Verbs, request.Verb))
        {
            return false;
        }
        return request.IsResource
            ? HasOrAll(ApiGroups, request.Group) && HasResource(request.Resource, request.Subresource)
                && (ResourceNames.Count == 0 || ResourceNames.Contains(request.Name))
            : NonResourceUrls.Any(pattern => MatchesPath(pattern, request.Path));
    }

    /// <summary>True when whoever holds this rule holds all of <paramref name="single"/>, a rule of one verb and one target (see <see cref="Split"/>).</summary>
    public bool Covers(PolicyRule single)
    {
        if (!HasOrAll(Verbs, single.Verbs[0]))
        {
            return false;
        }
        if (single.NonResourceUrls.Count > 0)
        {
            return NonResourceUrls.Any(pattern => MatchesPath(pattern, single.NonResourceUrls[0]));
        }
        var parts = single.Resources[0].Split('/', 2);
        return HasOrAll(ApiGroups, single.ApiGroups[0]) && HasResource(parts[0], parts.Length == 2 ? parts[1] : "")
            && (ResourceNames.Count == 0 || (single.ResourceNames.Count > 0 && ResourceNames.Contains(single.ResourceNames[0])));
    }

    /// <summary>The rule as rules of one verb, one group, one resource and at most one name each.</summary>
    public IEnumerable<PolicyRule> Split()
    {
        foreach (var verb in Verbs)
        {
            foreach (var url in NonResourceUrls)
            {
                yield return new PolicyRule([verb], [], [], [], [url]);
            }
            foreach (var (group, resource) in ApiGroups.SelectMany(group => Resources.Select(resource => (group, resource))))
            {
                foreach (var name in ResourceNames.Count == 0 ? AnyName : ResourceNames)
                {
                    string[] names = name.Length == 0 ? [] : [name];
                    yield return new PolicyRule([verb], [group], [resource], names, []);
                }
            }
        }
    }

    /// <summary>As the API server shows a rule in messages: <c>{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}</c>.</summary>
    public override string ToString()
    {
        (string Name, IReadOnlyList<string> Values)[] parts =
            [("APIGroups", ApiGroups), ("Resources", Resources), ("NonResourceURLs", NonResourceUrls), ("ResourceNames", ResourceNames), ("Verbs", Verbs)];
        var shown = parts.Where(part => part.Values.Count > 0).Select(part => $"{part.Name}:[{string.Join(' ', part.Values.Select(value => $"\"{value}\""))}]");
        return $"{{{string.Join(", ", shown)}}}";
    }

    private bool HasResource(string resource, string subresource)
    {
        var full = subresource.Length == 0 ? resource : $"{resource}/{subresource}";
        return Resources.Any(known => known == "*" || known == full
            || (subresource.Length > 0 && known.StartsWith("*/", StringComparison.Ordinal) && known.AsSpan(2).SequenceEqual(subresource)));
    }

    private static bool MatchesPath(string pattern, string path) =>
        pattern == "*" || pattern == path || (pattern.EndsWith('*') && path.StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal));

    private static bool HasOrAll(IReadOnlyList<string> values, string value) => values.Contains(value) || values.Contains("*");
}
