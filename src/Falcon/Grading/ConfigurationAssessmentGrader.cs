using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Secure configuration assessment: the policy is on and assesses something. Always two checks.</summary>
internal static class ConfigurationAssessmentGrader
{
    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");

    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: false)?.Field("policy_requirements") is not { } requirements
            || !requirements.EnumerateObject().Any())
        {
            return checks.Ungradable();
        }

        foreach (var field in (ReadOnlySpan<string>)["is_enabled", "has_rule_groups"])
        {
            var wanted = requirements.Field(field) ?? True;
            var actual = policy[field]?.Element ?? False;
            checks.Add(field, "equality", PolicyNode.ToNode(actual), PolicyNode.ToNode(wanted), Comparison.Same(actual, wanted));
        }

        return checks.Grade();
    }
}
