using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Roles and ClusterRoles.</summary>
internal sealed class RoleStrategy(BuiltInType type, bool namespaced) : BuiltInStrategy(type)
{
    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        [.. (candidate["rules"] as JsonArray ?? []).SelectMany((rule, index) => Check(rule, $"rules[{index}]"))];

    private IEnumerable<FieldError> Check(JsonNode? rule, string path)
    {
        if (Count(rule, "verbs") == 0)
        {
            yield return Required($"{path}.verbs", "verbs must contain at least one value");
        }
        if (Count(rule, "nonResourceURLs") > 0)
        {
            if (namespaced)
            {
                yield return Invalid($"{path}.nonResourceURLs", rule!["nonResourceURLs"], "namespaced rules cannot apply to non-resource URLs");
            }
            if (Count(rule, "apiGroups") > 0 || Count(rule, "resources") > 0 || Count(rule, "resourceNames") > 0)
            {
                yield return Invalid($"{path}.nonResourceURLs", rule!["nonResourceURLs"], "rules cannot apply to both regular resources and non-resource URLs");
            }
            yield break;
        }
        if (Count(rule, "apiGroups") == 0)
        {
            yield return Required($"{path}.apiGroups", "resource rules must supply at least one api group");
        }
        if (Count(rule, "resources") == 0)
        {
            yield return Required($"{path}.resources", "resource rules must supply at least one resource");
        }
    }

    private static int Count(JsonNode? rule, string field) => (rule?[field] as JsonArray)?.Count ?? 0;
}
