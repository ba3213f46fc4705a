using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>The format of grading files. A misspelt key would be a requirement that nobody checks, so unknown keys are errors.</summary>
internal static class GradingSchema
{
    private static readonly Shape Any = new AnyShape();
    private static readonly Shape Text = new KindShape("a text", JsonValueKind.String);
    private static readonly Shape Switch = new KindShape("true or false", JsonValueKind.True, JsonValueKind.False);
    private static readonly Shape Number = new KindShape("a number", JsonValueKind.Number);
    private static readonly Shape Level = new OneOfShape("DISABLED", "CAUTIOUS", "MODERATE", "AGGRESSIVE", "EXTRA_AGGRESSIVE");
    private static readonly Shape Points = new PointsShape();

    private static readonly Shape Value = new ObjectShape(("enabled", Switch), ("configured", Switch), ("detection", Level), ("prevention", Level));
    private static readonly Shape Settings = new ListShape(new ObjectShape(("id", Text), ("name", Text), ("type", Text), ("value", Value)));

    private static readonly Dictionary<string, Shape> Files = new(StringComparer.Ordinal)
    {
        ["prevention"] = Blocks("prevention_policies", ("enabled", Switch),
            ("prevention_settings", new ListShape(new ObjectShape(("name", Text), ("settings", Settings))))),
        ["sensor_update"] = Blocks("policies", ("enabled", Switch),
            ("settings", new ObjectShape(("build", new OneOfShape("n", "n-1", "n-2", "pinned", "other", "disabled"))))),
        ["content_update"] = Blocks("policies", ("enabled", Switch),
            ("settings", new ObjectShape(("ring_assignment_settings", new ListShape(new ObjectShape(("id", Text), ("ring_points", Points))))))),
        ["firewall"] = Requirements(("enabled", Switch), ("default_inbound", Text), ("default_outbound", Text), ("enforce", Switch), ("test_mode", Switch)),
        ["device_control"] = Requirements(("enabled", Switch), ("settings", new ObjectShape(
            ("enforcement_mode", Text),
            ("classes_requirements", new MapShape(new ObjectShape(("required_action", Text), ("allowed_actions", new ListShape(Text)))))))),
        ["it_automation"] = new MapShape(new ObjectShape(("is_enabled", Switch),
            ("config", new ObjectShape(("execution", new ObjectShape(("enable_script_execution", Switch))))))),
        ["ods_scheduled_scan"] = Blocks("platform_requirements", ("policy_requirements", new MapShape(Any))),
        ["response"] = Blocks("response_policies", ("enabled", Switch), ("response_settings", Settings)),
        ["sca"] = Requirements(("is_enabled", Switch), ("has_rule_groups", Switch)),
    };

    /// <summary>The field that holds the blocks; null where platforms are keys.</summary>
    public static string? BlockList(PolicyType type) => type.Key switch
    {
        "prevention" => "prevention_policies",
        "sensor_update" or "content_update" => "policies",
        "response" => "response_policies",
        "it_automation" => null,
        _ => "platform_requirements",
    };

    /// <summary>Everything that is wrong with a file: where, what, and what to write instead.</summary>
    public static List<string> Check(PolicyType type, JsonElement root)
    {
        var errors = new List<string>();
        Files[type.Key].Check(root, "", errors);
        if (errors.Count == 0 && type == PolicyType.ScheduledScan)
        {
            ScheduledScan(root, errors);
        }

        return errors;
    }

    private static void ScheduledScan(JsonElement root, List<string> errors)
    {
        var index = 0;
        foreach (var block in root.Items("platform_requirements"))
        {
            var path = $"platform_requirements[{index++}].policy_requirements";
            foreach (var requirement in Properties(block.Field("policy_requirements")))
            {
                Shape shape = requirement.Name switch
                {
                    "status" => Text,
                    "quarantine" => Switch,
                    "schedule" => new ObjectShape(("interval", new ObjectShape(("maximum", Number)))),
                    var name when name.Contains("_level_", StringComparison.Ordinal) => new ObjectShape(("minimum", Number)),
                    var name when ObjectShape.IsRemark(name) => Any,
                    _ => new UnknownShape("status, schedule, quarantine, *_level_detection, *_level_prevention"),
                };
                shape.Check(requirement.Value, $"{path}.{requirement.Name}", errors);
            }
        }
    }

    private static ObjectShape Blocks(string list, params (string, Shape)[] fields) =>
        new(("metadata", Any), (list, new ListShape(new ObjectShape([("platform_name", Text), .. fields]))));

    private static ObjectShape Requirements(params (string, Shape)[] fields) => Blocks("platform_requirements", ("policy_requirements", new ObjectShape(fields)));

    private static JsonElement.ObjectEnumerator Properties(JsonElement? element) => element is { ValueKind: JsonValueKind.Object } value ? value.EnumerateObject() : default;

    private abstract class Shape
    {
        public abstract void Check(JsonElement value, string path, List<string> errors);

        protected static string At(string path) => path.Length == 0 ? "the file" : path;
    }

    private sealed class AnyShape : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
        }
    }

    private sealed class UnknownShape(string known) : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors) => errors.Add($"{path}: unknown key; known here: {known}");
    }

    private sealed class KindShape(string name, params JsonValueKind[] kinds) : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
            if (!kinds.Contains(value.ValueKind))
            {
                errors.Add($"{At(path)}: must be {name}");
            }
        }
    }

    private sealed class OneOfShape(params string[] values) : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
            if (value.ValueKind != JsonValueKind.String || !values.Contains(value.GetString(), StringComparer.OrdinalIgnoreCase))
            {
                errors.Add($"{At(path)}: must be one of {string.Join(", ", values)}");
            }
        }
    }

    private sealed class PointsShape : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
            var whole = value.ValueKind == JsonValueKind.Number ? value.TryGetInt64(out _)
                : value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out _);
            if (!whole)
            {
                errors.Add($"{At(path)}: must be a whole number of points");
            }
        }
    }

    private sealed class ListShape(Shape item) : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
            if (value.ValueKind != JsonValueKind.Array)
            {
                errors.Add($"{At(path)}: must be a list");
                return;
            }

            var index = 0;
            foreach (var entry in value.EnumerateArray())
            {
                item.Check(entry, $"{path}[{index++}]", errors);
            }
        }
    }

    private sealed class MapShape(Shape entry) : Shape
    {
        public override void Check(JsonElement value, string path, List<string> errors)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                errors.Add($"{At(path)}: must be an object");
                return;
            }

            foreach (var property in value.EnumerateObject().Where(property => !ObjectShape.IsRemark(property.Name)))
            {
                entry.Check(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}", errors);
            }
        }
    }

    private sealed class ObjectShape(params (string Name, Shape Shape)[] fields) : Shape
    {
        // Files carry remarks for people, and the reference ignores metadata wherever it stands.
        public static bool IsRemark(string name) => name is "metadata" or "note" or "notes" or "description" or "comment" || name.StartsWith('_') || name.StartsWith('$');

        public override void Check(JsonElement value, string path, List<string> errors)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                errors.Add($"{At(path)}: must be an object");
                return;
            }

            foreach (var property in value.EnumerateObject())
            {
                var at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
                if (Array.Find(fields, field => field.Name == property.Name).Shape is { } shape)
                {
                    shape.Check(property.Value, at, errors);
                }
                else if (!IsRemark(property.Name))
                {
                    errors.Add($"{at}: unknown key; known here: {string.Join(", ", fields.Select(field => field.Name))}");
                }
            }
        }
    }
}
