using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>What standards want of the log file on the nodes.</summary>
internal static class NodeLogging
{
    /// <summary>A valid policy is given to the API server.</summary>
    public static Check Policy { get; } = posture => Judgement.Pass(
        $"a policy of {posture.Policy.Rules.Length} {(posture.Policy.Rules.Length == 1 ? "rule" : "rules")} is rendered, checked as kube-apiserver does", $"policy hash {PolicyHash.Compute(posture.Policy)}");

    public static Check Path { get; } = posture => posture.NodeLogs.IsEmpty
        ? NoLog
        : Judgement.Pass("the API server writes a log", [.. posture.NodeLogs.Select(log => $"audit-log-path {log.Path} on {log.Target}")]);

    public static Check Age { get; } = AtLeast("audit-log-maxage", "spec.log.maxAge", 30, "days", settings => settings.MaxAgeDays);

    public static Check Backups { get; } = AtLeast("audit-log-maxbackup", "spec.log.maxBackups", 10, "files", settings => settings.MaxBackups);

    public static Check Size { get; } = AtLeast("audit-log-maxsize", "spec.log.maxSizeMegabytes", 100, "MiB", settings => settings.MaxSizeMegabytes);

    private static Judgement NoLog => Judgement.Fail("nothing is rendered that writes a log");

    private static Check AtLeast(string flag, string field, int least, string unit, Func<LogSettings, int?> setting) => posture =>
    {
        if (posture.NodeLogs.IsEmpty)
        {
            return NoLog;
        }

        var weak = posture.NodeLogs.Where(log => setting(log.Settings) is not { } value || value < least).ToList();
        ImmutableArray<string> evidence = [.. posture.NodeLogs.Select(log => $"{flag} {setting(log.Settings)?.ToString() ?? "not set"} on {log.Target}")];
        return weak.Count == 0
            ? Judgement.Pass($"{flag} is {least} {unit} or more", evidence)
            : Judgement.Fail($"{flag} is {setting(weak[0].Settings)?.ToString() ?? "not set"} {unit} on {weak[0].Target}, less than {least}: leave {field} out or raise it", evidence);
    };
}
