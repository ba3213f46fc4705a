using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>Prevention: settings are matched by id; categories are presentation.</summary>
internal static class PreventionGrader
{
    public static PolicyGrade Grade(PolicyNode policy, GradingFile file, CheckList checks)
    {
        if (file.BlockFor(policy.TextOrNull("platform_name"), orAll: false) is not { } block)
        {
            return checks.Ungradable();
        }

        var required = Required(block);
        checks.Enabled(policy, block.Field("enabled"), countWhenFalse: false);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in policy.Objects("prevention_settings").SelectMany(category => category.Objects("settings")))
        {
            if (setting.TextOrNull("id") is { } id && required.TryGetValue(id, out var minimum))
            {
                seen.Add(id);
                checks.Add(SettingCheck.Judge(setting, id, minimum));
            }
        }

        foreach (var (id, minimum) in required.Where(entry => !seen.Contains(entry.Key)))
        {
            checks.Missing(id, SettingCheck.TypeOf(minimum), PolicyNode.ToNode(minimum));
        }

        return checks.Grade();
    }

    // In the order of the file, so that reports of the same policy do not shuffle; of an id given twice the last one counts.
    private static OrderedDictionary<string, JsonElement> Required(JsonElement block)
    {
        var required = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var setting in block.Items("prevention_settings").SelectMany(category => category.Items("settings")))
        {
            if (setting.Text("id") is { } id && setting.Field("value") is { } value)
            {
                required[id] = value;
            }
        }

        return required;
    }
}

/// <summary>One toggle or slider against its minimum.</summary>
internal static class SettingCheck
{
    private static readonly JsonElement Disabled = JsonSerializer.SerializeToElement("DISABLED", FalconJson.Default.String);

    public static string TypeOf(JsonElement minimum) => (minimum.Field("detection") ?? minimum.Field("prevention")) is not null ? "mlslider" : "toggle";

    public static CheckResult Judge(PolicyNode setting, string id, JsonElement minimum)
    {
        var type = setting.TextOrNull("type");
        var failures = type switch
        {
            "mlslider" => Slider(setting, minimum),
            "toggle" => Toggle(setting, minimum),
            _ => [new CheckFailure("type", setting.Raw("type"), JsonValue.Create("toggle or mlslider"))],
        };
        return new CheckResult(id, setting.TextOrNull("name") ?? id, type ?? "", setting.Raw("value"), PolicyNode.ToNode(minimum), failures);
    }

    public static ImmutableArray<CheckFailure> Toggle(PolicyNode setting, JsonElement minimum)
    {
        var value = setting["value"]?.Element ?? default;
        return Comparison.ToggleMeets(value, minimum) ? [] : [new CheckFailure("enabled", Switch(value), Switch(minimum))];
    }

    private static ImmutableArray<CheckFailure> Slider(PolicyNode setting, JsonElement minimum)
    {
        var value = setting["value"] is { Element.ValueKind: not JsonValueKind.Null } node
            ? node.Element.ValueKind == JsonValueKind.Object ? node.Element : throw node.Wrong("an object with detection and prevention")
            : default;
        var failures = ImmutableArray.CreateBuilder<CheckFailure>(2);
        foreach (var field in (ReadOnlySpan<string>)["detection", "prevention"])
        {
            if (minimum.Field(field) is { } least)
            {
                var actual = value.Field(field) ?? Disabled;
                if (!Comparison.SliderMeets(actual, least))
                {
                    failures.Add(new CheckFailure(field, PolicyNode.ToNode(actual), PolicyNode.ToNode(least)));
                }
            }
        }

        return failures.ToImmutable();
    }

    private static JsonNode? Switch(JsonElement value) => value.ValueKind == JsonValueKind.Object ? PolicyNode.ToNode(value.Field("enabled") ?? default) : PolicyNode.ToNode(value);
}
