using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>
/// Judges policies by grading files. Fails closed: a missing setting, an unknown value and a disabled policy are findings, and a
/// policy that cannot be read fails alone instead of taking its whole type down.
/// </summary>
public static class Grader
{
    /// <summary>Judges one policy.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="policy">As the API sent it.</param>
    /// <param name="file">What is asked of it.</param>
    /// <param name="settings">What the API keeps elsewhere: the container of a firewall policy, the settings of a device control policy.</param>
    public static PolicyGrade Grade(PolicyType type, JsonElement policy, GradingFile file, JsonElement? settings = null)
    {
        var checks = Open(type, policy);
        try
        {
            var node = PolicyNode.Root(policy);
            return type.Key switch
            {
                "prevention" => PreventionGrader.Grade(node, file, checks),
                "sensor_update" => SensorUpdateGrader.Grade(node, file, checks),
                "content_update" => ContentUpdateGrader.Grade(node, file, checks),
                "firewall" => FirewallGrader.Grade(node, file, checks, settings),
                "device_control" => DeviceControlGrader.Grade(node, file, checks, settings),
                "it_automation" => ItAutomationGrader.Grade(node, file, checks),
                "ods_scheduled_scan" => ScheduledScanGrader.Grade(node, file, checks),
                "response" => ResponseGrader.Grade(node, file, checks),
                "sca" => ConfigurationAssessmentGrader.Grade(node, file, checks),
                _ => throw new ArgumentException($"no grader for {type.Name}", nameof(type)),
            };
        }
        catch (MalformedPolicyException e)
        {
            return Open(type, policy).Unreadable(UngradableReason.Malformed, e.Path, e.Found, e.Wanted);
        }
    }

    private static CheckList Open(PolicyType type, JsonElement policy)
    {
        var node = new PolicyNode(policy, "");
        if (policy.ValueKind != JsonValueKind.Object)
        {
            return new CheckList(type, "", null, null);
        }

        var id = node.TextOrNull("id") ?? "";
        return type.Key switch
        {
            "it_automation" => new CheckList(type, id, node.TextOrNull("name"), node.TextOrNull("target") ?? "unknown"),
            "ods_scheduled_scan" => new CheckList(type, id, node.TextOrNull("description") is { Length: > 0 } text ? text : id, "Windows"),
            _ => new CheckList(type, id, node.TextOrNull("name"), node.TextOrNull("platform_name")),
        };
    }
}
