using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>
/// What a valid policy needs of the API server it is meant for. An older one refuses the whole file and does not start.
/// </summary>
public static class VersionGate
{
    /// <summary>The first version that accepts <c>group: "*"</c>.</summary>
    public static KubernetesVersion AnyGroup { get; } = new(1, 36);

    /// <summary>One error per rule that the target would refuse; none when the policy suits it.</summary>
    public static IEnumerable<PolicyError> Check(Policy policy, KubernetesVersion target)
    {
        if (target >= AnyGroup)
        {
            yield break;
        }

        foreach (var index in RulesNamingAnyGroup(policy))
        {
            var path = $"rules[{index}].resources.group";
            yield return new PolicyError(
                index,
                path,
                $"{path}: Invalid value: \"*\": group \"*\" needs Kubernetes {AnyGroup} or newer, and kube-apiserver {target} would not start; list the groups instead");
        }
    }

    /// <summary>0-based indexes of the rules with an entry for any API group.</summary>
    public static IEnumerable<int> RulesNamingAnyGroup(Policy policy) =>
        Enumerable.Range(0, policy.Rules.Length).Where(index => policy.Rules[index].Resources.Any(entry => entry.Group == "*"));
}
