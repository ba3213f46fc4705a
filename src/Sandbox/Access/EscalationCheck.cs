using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Access;

/// <summary>Nobody may hand out rights that they do not hold, unless they may <c>escalate</c> roles or <c>bind</c> them.</summary>
internal sealed class EscalationCheck(RbacAuthorizer authorizer)
{
    /// <exception cref="StatusError">403, naming the rights that are not held.</exception>
    public void Check(UserInfo user, ServedResource resource, JsonObject candidate, JsonObject? existing)
    {
        if (resource.Group != BuiltInKinds.RbacGroup)
        {
            return;
        }
        var @namespace = (string?)candidate["metadata"]?["namespace"] ?? "";
        var name = (string?)candidate["metadata"]?["name"] ?? "";
        var isBinding = candidate["roleRef"] is not null;
        var content = isBinding ? "roleRef" : "rules";
        if (existing is not null && JsonNode.DeepEquals(existing[content], candidate[content])
            && (!isBinding || JsonNode.DeepEquals(existing["subjects"], candidate["subjects"])))
        {
            return;
        }
        var role = candidate["roleRef"];
        var exempt = isBinding
            ? new AccessRequest(user, "bind", resource.Group, resource.Version, (string?)role?["kind"] == "Role" ? "roles" : "clusterroles", "", @namespace, (string?)role?["name"] ?? "", "")
            : new AccessRequest(user, "escalate", resource.Group, resource.Version, resource.Plural, "", @namespace, name, "");
        if (authorizer.Authorize(exempt).Allowed)
        {
            return;
        }
        var granted = isBinding ? authorizer.RulesBehind(role, @namespace) : PolicyRule.AllOf(candidate);
        var held = authorizer.RulesOf(user, @namespace).ToList();
        var missing = granted.SelectMany(rule => rule.Split()).Where(single => !held.Exists(rule => rule.Covers(single))).ToList();
        if (missing.Count > 0)
        {
            var groups = string.Join(' ', user.Groups.Select(group => $"\"{group}\""));
            throw StatusResponses.Forbidden(resource.Group, resource.Plural, name,
                $"user \"{user.Name}\" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n"
                + string.Join('\n', Compact(missing).Select(rule => rule.ToString()).Order(StringComparer.Ordinal)));
        }
    }

    /// <summary>Joins rules that differ in their verb only.</summary>
    private static IEnumerable<PolicyRule> Compact(IEnumerable<PolicyRule> singles) => singles
        .GroupBy(rule => (rule with { Verbs = [] }).ToString())
        .Select(same => same.First() with { Verbs = [.. same.SelectMany(rule => rule.Verbs).Distinct()] });
}
