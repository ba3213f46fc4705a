using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Sensor update: the policy is on and its build is no older than a tier.</summary>
internal static class SensorUpdateGrader
{
    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: false) is not { } block)
        {
            return checks.Ungradable();
        }

        checks.Enabled(policy, block.Field("enabled"), countWhenFalse: true);
        if (block.Field("settings")?.Text("build") is { } minimum)
        {
            var settings = policy["settings"]?.Element;
            var tier = settings is { ValueKind: JsonValueKind.Object } found ? Comparison.BuildTier(found.Field("build")) : "Disabled";
            checks.Add("build", "build", JsonValue.Create(tier), JsonValue.Create(minimum), Comparison.BuildTierMeets(tier, minimum));
        }

        return checks.Grade();
    }
}
