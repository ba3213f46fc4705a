using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Firewall: the policy is on and its container blocks, enforces and is no test. Rules are not judged.</summary>
internal static class FirewallGrader
{
    // What is asked when the file does not say, and what is assumed of a container that does not say: the worst.
    private static readonly (string Field, JsonElement Required, JsonElement Assumed)[] Settings =
    [
        ("default_inbound", Json("\"DENY\""), Json("\"\"")),
        ("enforce", Json("true"), Json("false")),
        ("test_mode", Json("false"), Json("true")),
    ];

    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks, JsonElement? container)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: true) is not { } block)
        {
            return checks.Ungradable();
        }

        var requirements = block.Field("policy_requirements") ?? default;
        checks.Enabled(policy, requirements.Field("enabled"), countWhenFalse: true);
        if (container is not { ValueKind: JsonValueKind.Object } found || !found.EnumerateObject().Any())
        {
            checks.Add("policy_container", "container", JsonValue.Create("NOT_FOUND"), JsonValue.Create("policy container required"), passed: false);
            return checks.Grade();
        }

        foreach (var (field, required, assumed) in Settings)
        {
            var wanted = requirements.Field(field) ?? required;
            var actual = found.Field(field) ?? assumed;
            checks.Add(field, "equality", PolicyNode.ToNode(actual), PolicyNode.ToNode(wanted), Comparison.Same(actual, wanted));
        }

        return checks.Grade();
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
