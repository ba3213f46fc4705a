using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>On-demand scans: scheduled, often enough, at high enough levels, with quarantine. One check per configured requirement.</summary>
internal static class ScheduledScanGrader
{
    public static PolicyGrade Grade(PolicyNode scan, GradingFile file, CheckList checks)
    {
        if (file.BlockFor("Windows", orAll: false)?.Field("policy_requirements") is not { } requirements)
        {
            return checks.Ungradable();
        }

        if (requirements.Field("status") is { } status)
        {
            var actual = scan["status"]?.Element ?? default;
            checks.Add("status", "equality", PolicyNode.ToNode(actual), PolicyNode.ToNode(status), Comparison.Same(actual, status));
        }

        if (requirements.Field("schedule")?.Field("interval")?.Field("maximum") is { } maximum)
        {
            Interval(scan, maximum, checks);
        }

        foreach (var requirement in requirements.EnumerateObject())
        {
            if (requirement.Name != "schedule" && requirement.Value.Field("minimum") is { } minimum)
            {
                var level = Number(scan[requirement.Name]);
                checks.Add(requirement.Name, "level", scan.Raw(requirement.Name), PolicyNode.ToNode(minimum), level >= minimum.GetDouble());
            }
        }

        // Whatever value is configured: nobody demands that a scan leaves malware where it is.
        if (requirements.Field("quarantine") is { } quarantine)
        {
            checks.Add("quarantine", "toggle", scan.Raw("quarantine"), PolicyNode.ToNode(quarantine), scan["quarantine"]?.Element.ValueKind == JsonValueKind.True);
        }

        return checks.Grade();
    }

    // Zero days is the API's "never".
    private static void Interval(PolicyNode scan, JsonElement maximum, CheckList checks)
    {
        var interval = scan.Object("schedule")?["interval"];
        var days = Number(interval);
        var wanted = string.Create(CultureInfo.InvariantCulture, $"<= {maximum.GetDouble()}");
        checks.Add("schedule.interval", "interval", PolicyNode.ToNode(interval?.Element ?? default), JsonValue.Create(wanted), days > 0 && days <= maximum.GetDouble());
    }

    private static double? Number(PolicyNode? node) => node?.Element.ValueKind switch
    {
        null or JsonValueKind.Null => null,
        JsonValueKind.Number => node.Value.Element.GetDouble(),
        _ => throw node.Value.Wrong("a number"),
    };
}
