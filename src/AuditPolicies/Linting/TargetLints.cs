using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What the API server at the other end makes of it.</summary>
internal static class TargetLints
{
    public static IEnumerable<Finding> AnyGroupOnOldTarget(LintContext context)
    {
        if (context.Target >= VersionGate.AnyGroup)
        {
            yield break;
        }

        foreach (var index in VersionGate.RulesNamingAnyGroup(context.Policy))
        {
            yield return new Finding(
                "any-group-on-old-target",
                context.Target is null ? Severity.Warning : Severity.Error,
                index,
                $"rules[{index}] uses group \"*\", which needs Kubernetes {VersionGate.AnyGroup}; the target is {context.Target?.ToString() ?? "not stated"}",
                "An older kube-apiserver refuses the whole file and does not start, on every control plane at once.",
                "List the groups, or state a target version that knows the wildcard.");
        }
    }

    public static IEnumerable<Finding> WeakLogSettings(LintContext context)
    {
        var usual = LogSettings.DistributionDefaults;
        (string Flag, int? Asked, int Usual, string Unit, string Standards)[] settings =
        [
            ("audit-log-maxage", context.Log?.MaxAgeDays, usual.MaxAgeDays!.Value, "days", "CIS 1.2.17 and STIG V-242464"),
            ("audit-log-maxbackup", context.Log?.MaxBackups, usual.MaxBackups!.Value, "files", "CIS 1.2.18 and STIG V-242463"),
            ("audit-log-maxsize", context.Log?.MaxSizeMegabytes, usual.MaxSizeMegabytes!.Value, "MiB", "CIS 1.2.19 and STIG V-242462"),
        ];
        return settings
            .Where(setting => setting.Asked < setting.Usual)
            .Select(setting => new Finding(
                "weak-log-settings",
                Severity.Warning,
                null,
                $"{setting.Flag} {setting.Asked} {setting.Unit} is less than the {setting.Usual} that Talos and RKE2 set by themselves",
                $"It fails {setting.Standards}, and shortens what a node still holds when shipping breaks.",
                $"Leave {setting.Flag} out, or ask for {setting.Usual} or more.")
            {
                Field = "log",
            });
    }

    public static IEnumerable<Finding> EventsDroppedBySize(LintContext context)
    {
        if (!context.ShipsToVictoriaLogs || context.Log?.Truncate is { FitsVictoriaLogs: true } || !context.Policy.RecordsBodies)
        {
            yield break;
        }

        yield return new Finding(
            "events-dropped-by-size",
            Severity.Warning,
            null,
            context.Log?.Truncate is { Enabled: true, MaxEventBytes: { } asked }
                ? $"requests are recorded with their content in events of up to {asked} bytes, and VictoriaLogs drops what is larger than {Truncation.VictoriaLogsBytes}"
                : "requests are recorded with their content in events of any size, and VictoriaLogs drops those over 256 KiB without a word",
            "Whoever pads an object, a ClusterRoleBinding for example, is then neither found nor alerted on. Truncated, the event arrives without the content.",
            $"Leave log.truncate out, or enable it with a maxEventSize of {Truncation.VictoriaLogsBytes} or less.")
        {
            Field = "log",
        };
    }
}
