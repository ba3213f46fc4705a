using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>IT automation: the policy is on and may run scripts. Its platform is <c>target</c>.</summary>
internal static class ItAutomationGrader
{
    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");

    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.KeyedBlockFor(policy.TextOrNull("target")) is not { } block || !block.EnumerateObject().Any())
        {
            return checks.Ungradable();
        }

        Check("is_enabled", policy["is_enabled"]?.Element, block.Field("is_enabled") ?? True);
        if (block.Field("config")?.Field("execution")?.Field("enable_script_execution") is { } scripts)
        {
            Check("config.execution.enable_script_execution", policy.Object("config")?.Object("execution")?["enable_script_execution"]?.Element, scripts);
        }

        return checks.Grade();

        // The API leaves out what is false.
        void Check(string field, JsonElement? value, JsonElement wanted)
        {
            var actual = value ?? False;
            checks.Add(field, "equality", PolicyNode.ToNode(actual), PolicyNode.ToNode(wanted), Comparison.Same(actual, wanted));
        }
    }
}
