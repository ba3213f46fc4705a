using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Grading;

namespace Comptroller.Falcon.Reports;

/// <summary>A grade as JSON: the same shape for every type.</summary>
internal static class GradeJson
{
    public static void Write(Utf8JsonWriter json, PolicyGrade grade)
    {
        json.WriteStartObject();
        json.WriteString("policy_id", grade.Id);
        json.WriteString("policy_name", grade.Name);
        json.WriteString("platform_name", grade.Platform);
        json.WriteString("grading_status", grade.Status);
        json.WriteString("ungradable_reason", grade.UngradableText);
        Boolean(json, "passed", grade.Passed);
        json.WriteNumber("checks_count", grade.ChecksCount);
        json.WriteNumber("failures_count", grade.FailuresCount);
        json.WriteNumber("score_percentage", grade.Score);
        json.WriteStartArray("setting_results");
        foreach (var check in grade.Checks)
        {
            json.WriteStartObject();
            json.WriteString("setting_id", check.SettingId);
            json.WriteString("setting_name", check.SettingName);
            json.WriteString("type", check.Type);
            Value(json, "actual_value", check.Actual);
            Value(json, "minimum_value", check.Minimum);
            json.WriteBoolean("passed", check.Passed);
            json.WriteStartArray("failures");
            foreach (var failure in check.Failures)
            {
                json.WriteStartObject();
                json.WriteString("field", failure.Field);
                Value(json, "actual", failure.Actual);
                Value(json, "minimum", failure.Minimum);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter json, string name, JsonNode? value)
    {
        json.WritePropertyName(name);
        if (value is null)
        {
            json.WriteNullValue();
        }
        else
        {
            value.WriteTo(json);
        }
    }

    private static void Boolean(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
