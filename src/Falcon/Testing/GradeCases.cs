using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>Cases about grading and its comparisons.</summary>
internal static class GradeCases
{
    public static JsonObject Grade(FalconCase test, bool asReference)
    {
        if (!PolicyType.TryParse(test.PolicyType, out var type))
        {
            throw new FormatException($"\"{test.PolicyType}\" is none of {string.Join(", ", PolicyType.All.Select(each => each.Key))}");
        }

        var file = test.GradingConfig.ValueKind == JsonValueKind.Object ? GradingFile.ReadUnchecked(type, test.GradingConfig) : GradingFiles.BuiltIn[type];
        JsonElement? settings = type == PolicyType.Firewall ? test.Aux.Field("policy_container")
            : test.Aux.ValueKind == JsonValueKind.Object && test.Aux.TryGetProperty("settings", out var found) ? found : null;
        var grade = Grader.Grade(type, test.Policy, file, settings);
        return asReference ? ReferenceShape.Of(grade) : Shape(grade);
    }

    public static JsonObject Compare(FalconCase test)
    {
        var (actual, minimum) = (Input(test, "actual"), Input(test, "minimum"));
        return new JsonObject
        {
            ["result"] = test.Policy.Text("comparator") switch
            {
                "mlslider" => Comparison.SliderMeets(actual, minimum),
                "toggle" => Comparison.ToggleMeets(actual, minimum),
                "n_level" => Comparison.BuildTierMeets(TextOf(actual), TextOf(minimum)),
                var unknown => throw new FormatException($"no comparator \"{unknown}\""),
            },
        };
    }

    public static JsonObject BuildTier(FalconCase test)
    {
        var build = test.Policy.TryGetProperty("build", out var value) ? value : test.Policy.Field("settings")?.Field("build");
        return new JsonObject { ["result"] = Comparison.BuildTier(build) };
    }

    public static JsonObject RingPoints(FalconCase test) => new() { ["points"] = ContentRing.Read(PolicyNode.Root(test.Policy)).Points };

    internal static JsonObject Shape(PolicyGrade grade) => new()
    {
        ["passed"] = grade.Passed,
        ["grading_status"] = grade.Status,
        ["ungradable_reason"] = grade.UngradableText,
        ["policy_id"] = grade.Id,
        ["policy_name"] = grade.Name,
        ["platform"] = grade.Platform,
        ["checks_count"] = grade.ChecksCount,
        ["failures_count"] = grade.FailuresCount,
        ["score_percentage"] = grade.Score,
        ["failures"] = new JsonArray([.. grade.Checks.SelectMany(check => check.Failures.Select(failure => (JsonNode)new JsonObject
        {
            ["setting_id"] = check.SettingId,
            ["field"] = failure.Field,
            ["actual"] = failure.Actual?.DeepClone(),
            ["minimum"] = failure.Minimum?.DeepClone(),
        }))]),
        ["evaluated_settings"] = new JsonArray([.. grade.Checks.Select(check => (JsonNode)new JsonObject { ["setting_id"] = check.SettingId, ["passed"] = check.Passed })]),
    };

    private static JsonElement Input(FalconCase test, string field) => test.Policy.TryGetProperty(field, out var value) ? value : default;

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
