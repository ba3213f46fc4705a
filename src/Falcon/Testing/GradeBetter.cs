using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>Verdicts of the replaced tool that let something pass.</summary>
internal static class GradeBetter
{
    /// <summary>What is wanted in place of a verdict that is known to be wrong; null where nothing is known of it.</summary>
    public static JsonObject? Of(FalconCase test)
    {
        if (test.PolicyType == PolicyType.DeviceControl.Key && (test.Aux.Field("settings") ?? test.Policy.Field("settings")) is null && Unmistaken(test))
        {
            // Nothing was evaluated, so nothing can have passed.
            return new JsonObject { ["passed"] = false, ["score_percentage"] = 0 };
        }

        if (test.PolicyType == PolicyType.ContentUpdate.Key && Pauses(test.Policy) && Unmistaken(test))
        {
            return new JsonObject { ["passed"] = false };
        }

        // The block of the platform itself counts, wherever it stands: as if it stood first.
        if (ExactFirst(test) is { } config && GradeCases.Grade(test with { GradingConfig = config }, asReference: true) is var wanted && wanted["error"] is null)
        {
            return wanted;
        }

        return null;
    }

    /// <summary>
    /// Compares with a verdict that is questionable and of which nothing better is known: it may be gone beyond, never fallen short of. What
    /// failed there fails here, and nothing has a higher score.
    /// </summary>
    public static ImmutableArray<CaseDifference> Stricter(JsonElement expected, JsonObject answer)
    {
        var differences = ImmutableArray.CreateBuilder<CaseDifference>();
        foreach (var field in (ReadOnlySpan<string>)["policy_id", "policy_name", "platform"])
        {
            if (answer["error"] is null && expected.Field(field) is { } same && same.GetRawText() != (answer[field]?.ToJsonString() ?? "null"))
            {
                differences.Add(new CaseDifference(field, same.GetRawText(), answer[field]?.ToJsonString() ?? "null"));
            }
        }

        // A policy whose shape is refused is a failed one.
        if (answer["error"] is not null)
        {
            return differences.ToImmutable();
        }

        if (expected.Field("passed")?.ValueKind != JsonValueKind.True && answer["passed"]?.GetValueKind() == JsonValueKind.True)
        {
            differences.Add(new CaseDifference("passed", expected.Field("passed")?.GetRawText() ?? "an error", "true"));
        }

        if (expected.Field("score_percentage") is { ValueKind: JsonValueKind.Number } score && (answer["score_percentage"] is not { } reached || JsonElement.Parse(reached.ToJsonString()).GetDouble() > score.GetDouble() + 0.005))
        {
            differences.Add(new CaseDifference("score_percentage", $"at most {score.GetRawText()}", answer["score_percentage"]?.ToJsonString() ?? "absent"));
        }

        var found = (answer["failures"]?.AsArray() ?? []).Select(failure => failure!["field"]?.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var field in expected.Items("failures").Select(failure => failure.Text("field")).Where(field => answer["grading_status"]?.ToString() == "graded" && !found.Contains(field)))
        {
            differences.Add(new CaseDifference("failures", $"one of {field}", "none"));
        }

        return differences.ToImmutable();
    }

    // Of a platform that the file does not speak of there is no verdict to be had.
    private static bool Unmistaken(FalconCase test) => test.Expected.Text("grading_status") != "ungradable";

    private static bool Pauses(JsonElement policy) => (policy.Field("settings") ?? default).Items("ring_assignment_settings")
        .Any(setting => string.Equals(setting.Field("override")?.Text("value"), "pause", StringComparison.OrdinalIgnoreCase));

    private static JsonElement? ExactFirst(FalconCase test)
    {
        if (test.GradingConfig.ValueKind != JsonValueKind.Object || JsonNode.Parse(test.GradingConfig.GetRawText()) is not JsonObject config
            || config.FirstOrDefault(field => field.Value is JsonArray) is not { Value: JsonArray blocks, Key: { } list })
        {
            return null;
        }

        var platforms = blocks.Select(block => (block as JsonObject)?["platform_name"]?.ToString()).ToList();
        var all = platforms.FindIndex(name => string.Equals(name, "all", StringComparison.OrdinalIgnoreCase));
        var exact = platforms.FindIndex(name => string.Equals(name, test.Policy.Text("platform_name"), StringComparison.OrdinalIgnoreCase));
        if (all < 0 || exact <= all)
        {
            return null;
        }

        // Without the block for all there is nothing that could shadow the other.
        config[list] = new JsonArray([.. blocks.Where((_, index) => index != all).Select(block => block!.DeepClone())]);
        return JsonElement.Parse(config.ToJsonString());
    }
}
