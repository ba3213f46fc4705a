using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Real-time response: the policy is on and every required command is.</summary>
internal static class ResponseGrader
{
    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: false) is not { } block)
        {
            return checks.Ungradable();
        }

        checks.Enabled(policy, block.Field("enabled"), countWhenFalse: false);
        var settings = new Dictionary<string, PolicyNode>(StringComparer.Ordinal);
        foreach (var setting in policy.Objects("settings").SelectMany(group => group.Objects("settings")))
        {
            if (setting.TextOrNull("id") is { } id)
            {
                settings[id] = setting;
            }
        }

        foreach (var required in block.Items("response_settings"))
        {
            if (required.Text("id") is not { } id || required.Field("value") is not { } minimum)
            {
                continue;
            }

            if (settings.TryGetValue(id, out var setting))
            {
                checks.Add(new CheckResult(id, setting.TextOrNull("name") ?? id, "toggle", setting.Raw("value"), PolicyNode.ToNode(minimum), SettingCheck.Toggle(setting, minimum)));
            }
            else
            {
                checks.Missing(id, "toggle", PolicyNode.ToNode(minimum));
            }
        }

        return checks.Grade();
    }
}
