using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Model;

/// <summary>Writes a policy as the audit.k8s.io/v1 object that the API server reads. Empty fields are left out.</summary>
public static class PolicyJson
{
    /// <summary>The whole policy, always with apiVersion and kind: without them the API server refuses to start.</summary>
    public static JsonObject Write(Policy policy)
    {
        var node = new JsonObject { ["apiVersion"] = Policy.ApiVersion, ["kind"] = Policy.Kind };
        AddStages(node, policy.OmitStages);
        if (policy.OmitManagedFields)
        {
            node["omitManagedFields"] = true;
        }

        node["rules"] = new JsonArray([.. policy.Rules.Select(rule => (JsonNode)Write(rule))]);
        return node;
    }

    /// <summary>One element of <c>rules</c>.</summary>
    public static JsonObject Write(PolicyRule rule)
    {
        var node = new JsonObject { ["level"] = rule.Level.ToString() };
        AddStrings(node, "users", rule.Users);
        AddStrings(node, "userGroups", rule.UserGroups);
        AddStrings(node, "verbs", rule.Verbs);
        if (!rule.Resources.IsEmpty)
        {
            node["resources"] = new JsonArray([.. rule.Resources.Select(Write)]);
        }

        AddStrings(node, "namespaces", rule.Namespaces);
        AddStrings(node, "nonResourceURLs", rule.NonResourceUrls);
        AddStages(node, rule.OmitStages);
        if (rule.OmitManagedFields is { } omit)
        {
            node["omitManagedFields"] = omit;
        }

        return node;
    }

    private static JsonNode Write(GroupResources entry)
    {
        var node = new JsonObject { ["group"] = entry.Group };
        AddStrings(node, "resources", entry.Resources);
        AddStrings(node, "resourceNames", entry.ResourceNames);
        return node;
    }

    private static void AddStages(JsonObject node, Stages stages)
    {
        if (stages != Stages.None)
        {
            node["omitStages"] = new JsonArray([.. StageNames.Of(stages).Select(name => (JsonNode)name)]);
        }
    }

    private static void AddStrings(JsonObject node, string field, ImmutableArray<string> values)
    {
        if (!values.IsEmpty)
        {
            node[field] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }
    }
}
