using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;
using static Comptroller.Kubernetes.Schemas.FieldErrors;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Kinds;

/// <summary>RoleBindings and ClusterRoleBindings.</summary>
internal sealed class RoleBindingStrategy(BuiltInType type, bool namespaced) : BuiltInStrategy(type)
{
    private const string RbacGroup = "rbac.authorization.k8s.io";

    private readonly string[] _roleKinds = namespaced ? ["ClusterRole", "Role"] : ["ClusterRole"];

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        List<FieldError> errors = [];
        var role = candidate["roleRef"];
        if (Text(role, "apiGroup") != RbacGroup)
        {
            errors.Add(NotSupported("roleRef.apiGroup", Text(role, "apiGroup"), RbacGroup));
        }
        if (!_roleKinds.Contains(Text(role, "kind")))
        {
            errors.Add(NotSupported("roleRef.kind", Text(role, "kind"), _roleKinds));
        }
        errors.AddRange(Text(role, "name") is { Length: > 0 } name
            ? NameRules.PathSegment(name).Select(message => Invalid("roleRef.name", name, message))
            : [Required("roleRef.name")]);
        errors.AddRange((candidate["subjects"] as JsonArray ?? []).SelectMany((subject, index) => CheckSubject(subject, $"subjects[{index}]")));
        if (existing is not null && !JsonNode.DeepEquals(role, existing["roleRef"]))
        {
            // The server shows its internal struct here, hence the capital letters.
            var shown = new JsonObject { ["APIGroup"] = Text(role, "apiGroup"), ["Kind"] = Text(role, "kind"), ["Name"] = Text(role, "name") };
            errors.Add(Invalid("roleRef", shown, "cannot change roleRef"));
        }
        return errors;
    }

    private IEnumerable<FieldError> CheckSubject(JsonNode? subject, string path)
    {
        var (kind, name, group) = (Text(subject, "kind"), Text(subject, "name"), Text(subject, "apiGroup"));
        if (name.Length == 0)
        {
            yield return Required($"{path}.name");
        }
        switch (kind)
        {
            case "ServiceAccount":
                foreach (var message in name.Length == 0 ? [] : NameRules.Subdomain(name))
                {
                    yield return Invalid($"{path}.name", name, message);
                }
                if (group.Length > 0)
                {
                    yield return NotSupported($"{path}.apiGroup", group, "");
                }
                if (!namespaced && Text(subject, "namespace").Length == 0)
                {
                    yield return Required($"{path}.namespace");
                }
                break;
            case "User" or "Group":
                if (group != RbacGroup)
                {
                    yield return NotSupported($"{path}.apiGroup", group, RbacGroup);
                }
                break;
            default:
                yield return NotSupported($"{path}.kind", kind, "ServiceAccount", "User", "Group");
                break;
        }
    }

    protected override void SetDefaults(JsonObject candidate)
    {
        if (candidate["roleRef"] is JsonObject role && Text(role, "apiGroup").Length == 0)
        {
            role["apiGroup"] = RbacGroup;
        }
        foreach (var subject in (candidate["subjects"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (Text(subject, "apiGroup").Length == 0 && Text(subject, "kind") is "User" or "Group")
            {
                subject["apiGroup"] = RbacGroup;
            }
        }
    }
}
