using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Linting;

/// <summary>Policies for lint tests, written as the JSON of their rules.</summary>
internal static class Policies
{
    /// <summary>A policy nobody could complain about.</summary>
    public static Policy Clean => Load(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "clean-policy.json")));

    public static Policy Of(string rules, string omitStages = """["RequestReceived"]""") => Load(
        $$"""{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": {{omitStages}}, "rules": {{rules}}}""");

    /// <summary>The findings of one lint.</summary>
    public static IReadOnlyList<Finding> Findings(string id, Policy policy, string? target = null, LogSettings? log = null)
    {
        KubernetesVersion? version = KubernetesVersion.TryParse(target, out var parsed) ? parsed : null;
        return [.. PolicyLinter.Lint(new LintContext(policy) { Target = version, Log = log }).Where(finding => finding.Id == id)];
    }

    private static Policy Load(string json)
    {
        var result = PolicyLoader.Load(JsonNode.Parse(json));
        return result.Policy ?? throw new InvalidOperationException(result.ErrorText);
    }
}
