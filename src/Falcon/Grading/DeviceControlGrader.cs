using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Device control: the policy is on, enforces, and does with each class of device what is asked. Exceptions are not judged.</summary>
internal static class DeviceControlGrader
{
    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks, JsonElement? settings)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: true)?.Field("policy_requirements") is not { } requirements
            || !requirements.EnumerateObject().Any())
        {
            return checks.Ungradable();
        }

        if ((settings ?? policy["settings"]?.Element) is not { ValueKind: not JsonValueKind.Null } found)
        {
            return checks.Unreadable(UngradableReason.SettingsUnavailable, "settings", "None", "Settings object required");
        }

        if (found.ValueKind != JsonValueKind.Object)
        {
            throw new PolicyNode(found, "settings").Wrong("an object");
        }

        Enabled(policy, requirements, checks);
        var wanted = requirements.Field("settings") ?? default;
        if (wanted.Text("enforcement_mode") is { } mode)
        {
            var actual = found.Text("enforcement_mode") ?? "";
            checks.Add("enforcement_mode", "equality", JsonValue.Create(actual), JsonValue.Create(mode), actual == mode);
        }

        if (wanted.Field("classes_requirements") is { } classes)
        {
            Classes(new PolicyNode(found, "settings"), classes, checks);
        }

        return checks.Grade();
    }

    private static void Enabled(PolicyNode policy, JsonElement requirements, CheckList checks)
    {
        var wanted = requirements.Field("enabled") ?? True;
        var actual = policy["enabled"]?.Element ?? False;
        if (Comparison.Same(actual, wanted))
        {
            checks.Confirm();
            return;
        }

        checks.Add("enabled", "equality", PolicyNode.ToNode(actual), PolicyNode.ToNode(wanted), passed: false);
    }

    private static readonly JsonElement True = JsonElement.Parse("true");
    private static readonly JsonElement False = JsonElement.Parse("false");

    private static void Classes(PolicyNode settings, JsonElement requirements, CheckList checks)
    {
        var actions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var each in settings.Objects("classes"))
        {
            // The second version of the API names the class in "class" and keeps "id" for an identifier.
            var name = each.TextOrNull("class") ?? each.TextOrNull("id") ?? throw new MalformedPolicyException($"{each.Path}.id", "absent", "the name of a class");
            actions[name] = each.TextOrNull("action") ?? "";
        }

        foreach (var requirement in requirements.EnumerateObject())
        {
            var field = $"class.{requirement.Name}";
            if (!actions.TryGetValue(requirement.Name, out var action))
            {
                checks.Add(field, "class", JsonValue.Create("Missing"), PolicyNode.ToNode(requirement.Value), passed: false);
            }
            else if (requirement.Value.Field("allowed_actions") is { } allowed)
            {
                var names = allowed.EnumerateArray().Select(each => each.GetString()!).ToList();
                var text = $"One of [{string.Join(", ", names.Select(name => $"'{name}'"))}]";
                checks.Add(field, "class", JsonValue.Create(action), JsonValue.Create(text), names.Exists(name => IsSameAction(action, name)));
            }
            else
            {
                var wanted = requirement.Value.Text("required_action") ?? "";
                checks.Add(field, "class", JsonValue.Create(action), JsonValue.Create(wanted), IsSameAction(action, wanted));
            }
        }
    }

    // Responses say FULL_BLOCK for what requests call BLOCK_ALL.
    private static bool IsSameAction(string actual, string wanted) => Canonical(actual) == Canonical(wanted);

    private static string Canonical(string action) => action == "FULL_BLOCK" ? "BLOCK_ALL" : action;
}
