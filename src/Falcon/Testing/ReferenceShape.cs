using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>
/// A grade as the replaced tool writes it, for cases that record its answers. It counts the container settings of a firewall
/// policy only when they fail, and writes the values of five types as text. The verdict is the same.
/// </summary>
internal static class ReferenceShape
{
    public static JsonObject Of(PolicyGrade grade)
    {
        if (grade.Ungradable == UngradableReason.Malformed)
        {
            return new JsonObject { ["error"] = $"{grade.Checks[0].SettingId} is {grade.Checks[0].Actual}" };
        }

        if (grade.Type == PolicyType.Firewall)
        {
            var silent = grade.Checks.Count(check => check.Passed);
            grade = grade with { Checks = [.. grade.Checks.Where(check => !check.Passed)], ChecksCount = grade.ChecksCount - silent };
        }

        var shape = GradeCases.Shape(grade);
        if (IsText(grade.Type))
        {
            foreach (var failure in shape["failures"]!.AsArray().Select(node => node!.AsObject()))
            {
                // The check that the firewall policy itself is enabled is native.
                if (grade.Type == PolicyType.Firewall && failure["setting_id"]!.GetValue<string>() == "enabled")
                {
                    continue;
                }

                failure["actual"] = Text(failure["actual"]);
                failure["minimum"] = Text(failure["minimum"]);
                if (grade.Type != PolicyType.Firewall)
                {
                    failure.Remove("setting_id");
                }
            }
        }

        return shape;
    }

    private static bool IsText(PolicyType type) => type == PolicyType.Firewall || type == PolicyType.DeviceControl || type == PolicyType.ItAutomation
        || type == PolicyType.ScheduledScan || type == PolicyType.ConfigurationAssessment;

    private static JsonNode? Text(JsonNode? value) => value switch
    {
        null => JsonValue.Create("None"),
        JsonObject or JsonArray => value.DeepClone(),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => JsonValue.Create("True"),
            JsonValueKind.False => JsonValue.Create("False"),
            JsonValueKind.String => value.DeepClone(),
            _ => JsonValue.Create(value.ToJsonString()),
        },
    };
}
