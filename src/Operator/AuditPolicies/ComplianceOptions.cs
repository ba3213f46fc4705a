using System.Collections.Immutable;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Model;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>From a resource to what standards judge, and from their verdicts to its status.</summary>
internal static class ComplianceOptions
{
    private const int FailedShown = 10;

    /// <summary>In the order of reports, whatever order they were asked in.</summary>
    public static IEnumerable<Standard> Standards(Compliance compliance) => Standard.All.Where(standard => compliance.Standards.Contains(standard.Name));

    /// <summary>The kinds of others that a report is to be written in.</summary>
    public static IEnumerable<ResourceType> ReportTypes(Compliance? compliance)
    {
        if (compliance?.Reports.Contains(ReportKinds.OpenReports) == true)
        {
            yield return RenderedKinds.OpenReports;
        }

        if (compliance?.Reports.Contains(ReportKinds.PolicyReport) == true)
        {
            yield return RenderedKinds.PolicyReports;
        }
    }

    /// <param name="spec">A spec that can be rendered.</param>
    /// <param name="policy">The policy it comes to.</param>
    /// <param name="rules">Whose its rules are.</param>
    /// <param name="alerts">The alerts it comes to; null for none.</param>
    public static Posture Posture(AuditPolicySpec spec, Policy policy, RuleSelection rules, AlertOptions? alerts) => new(policy)
    {
        RuleName = index => rules.Origin(index).ToString(),
        NodeLogs =
        [
            .. ShippingOptions.Distributions(spec.Targets).Select(distribution => new NodeLog(
                distribution.Name, spec.Forwarding?.FluentBit.LogPath ?? distribution.LogPath, InForce(spec.Log, distribution.Log ?? LogSettings.DistributionDefaults))),
        ],
        Stores = [.. Stores(spec.Forwarding)],
        Archive = spec.Forwarding?.S3 is null ? null : "S3",
        Alerts = AuditPolicyOptions.AlertNames(alerts),
        RetentionDays = spec.Delivery?.RetentionDays,
    };

    public static ComplianceStatus Status(StandardVerdict verdict) => new()
    {
        Standard = verdict.Standard.Name,
        Edition = verdict.Standard.Edition,
        Pass = verdict.Count(ControlResult.Pass),
        Fail = verdict.Count(ControlResult.Fail),
        Manual = verdict.Count(ControlResult.Manual),
        Failed = verdict.Count(ControlResult.Fail) == 0 ? null : [.. verdict.Ids(ControlResult.Fail).Take(FailedShown)],
    };

    // What is not asked for is the distribution's own, or what the rendering adds where it has none.
    private static LogSettings InForce(AuditLog? asked, LogSettings usual) => new()
    {
        MaxAgeDays = asked?.MaxAge ?? usual.MaxAgeDays,
        MaxBackups = asked?.MaxBackups ?? usual.MaxBackups,
        MaxSizeMegabytes = asked?.MaxSizeMegabytes ?? usual.MaxSizeMegabytes,
        Compress = asked?.Compress ?? usual.Compress,
    };

    private static IEnumerable<string> Stores(Forwarding? forwarding) =>
        new[]
        {
            forwarding?.VictoriaLogs is null ? null : "VictoriaLogs",
            forwarding?.Loki is null ? null : "Loki",
            forwarding?.Elasticsearch is null ? null : "Elasticsearch",
            forwarding?.OpenTelemetry is null ? null : "OpenTelemetry",
        }.OfType<string>();
}
