using System.Collections.Immutable;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What one PolicyAuditSchedule comes to: the objects to apply, or why it cannot be rendered. Pure.</summary>
internal sealed record PolicyAuditPlan
{
    /// <summary>A CronJob's name has 52 characters at most, and ours end in "-cleanup"; the name is also a label's value.</summary>
    public const int LongestName = 40;

    /// <summary>Why nothing may be rendered, each naming its field; empty when the plan holds.</summary>
    public ImmutableArray<string> Errors { get; private init; } = [];

    /// <summary>When audits are due; null when there are errors.</summary>
    public Timetable? Timetable { get; private init; }

    /// <summary>How long until everything is compared again.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long until something that is in the way is looked at again.</summary>
    public TimeSpan RetryInterval { get; private init; }

    /// <summary>In the order in which they are applied.</summary>
    public ImmutableArray<DesiredObject> Objects { get; private init; } = [];

    /// <summary>The audit as a CronJob; null in Daemon mode.</summary>
    public DesiredObject? Audit { get; private init; }

    /// <summary>Whether a VMRule is among the objects.</summary>
    public bool HasAlerts { get; private init; }

    public static PolicyAuditPlan Make(PolicyAuditSchedule resource, PolicyAuditInputs inputs)
    {
        var (metadata, spec) = (resource.Metadata, resource.Spec);
        var interval = SpecDurations.Read(spec.Interval, "spec.interval");
        var retry = SpecDurations.Read(spec.RetryInterval ?? "1m", "spec.retryInterval");
        var deadline = SpecDurations.Read(spec.Jobs.StartingDeadline, "spec.jobs.startingDeadline");
        var timeout = SpecDurations.Read(spec.Jobs.Timeout, "spec.jobs.timeout");
        var evaluation = SpecDurations.Read(spec.Alerts.Interval, "spec.alerts.interval");
        var audits = ReadTimetable(spec, spec.Schedules.FetchAndGrade, "spec.schedules.fetchAndGrade");
        ImmutableArray<string> errors =
        [
            .. NameErrors(metadata.Name),
            .. new[] { interval.Error, retry.Error, deadline.Error, timeout.Error, evaluation.Error }.OfType<string>(),
            .. audits.Errors,
            .. Other(spec.Schedules.Cleanup, "spec.schedules.cleanup"),
            .. Other(spec.Schedules.Metrics, "spec.schedules.metrics"),
            .. CloudErrors(spec.Falcon),
            .. ProfileErrors(spec.RateLimit.Profile),
            .. PodNetwork.Errors(spec.Network.FalconCidrs, "spec.network.falconCIDRs"),
            .. PolicyAuditRules.Errors(spec.Alerts),
        ];
        if (!errors.IsEmpty)
        {
            return new PolicyAuditPlan { Errors = errors };
        }

        var configuration = AuditConfiguration.Render(spec);
        var pod = new AuditPod(metadata, spec, inputs, configuration);
        var limits = new JobLimits(deadline.Value, timeout.Value);
        var daemon = spec.Mode == AuditModes.Daemon;
        var audit = daemon ? null : AuditJobObjects.CronJob(pod, AuditTask.Audit, spec.Schedules.FetchAndGrade, limits);
        var rules = spec.Alerts.Enabled ? PolicyAuditRules.Render(metadata, spec) : null;
        return new PolicyAuditPlan
        {
            Timetable = audits.Value,
            Interval = interval.Value,
            RetryInterval = retry.Value,
            Audit = audit,
            HasAlerts = rules is not null,
            Objects =
            [
                .. new[]
                {
                    AuditObjects.Configuration(metadata, configuration),
                    spec.Storage.ClaimName is null ? AuditObjects.VolumeClaim(metadata, spec.Storage) : null,
                    AuditObjects.NetworkPolicy(metadata, spec),
                    audit,
                    daemon ? null : AuditJobObjects.CronJob(pod, AuditTask.Cleanup, spec.Schedules.Cleanup, limits),
                    daemon ? AuditDaemonObjects.Deployment(pod) : null,
                    daemon ? AuditDaemonObjects.PodScrape(metadata) : null,
                    rules,
                }.OfType<DesiredObject>(),
                .. AuditReportObjects.Render(resource, audits.Value!.FreshUntil, inputs.Now),
            ],
        };

        IEnumerable<string> Other(string? schedule, string field) =>
            schedule is null ? [] : ReadTimetable(spec, schedule, field).Errors.Where(error => !audits.Errors.Contains(error));
    }

    /// <summary>Times of a schedule, by the rules of whoever starts the audits.</summary>
    public static (Timetable? Value, ImmutableArray<string> Errors) ReadTimetable(PolicyAuditScheduleSpec spec, string schedule, string field) =>
        spec.Mode == AuditModes.Daemon ? Timetable.OfDaemon(schedule, spec.TimeZone, field) : Timetable.OfCronJob(schedule, spec.TimeZone, field);

    private static IEnumerable<string> NameErrors(string name)
    {
        if (name.Length > LongestName)
        {
            yield return $"metadata.name: {name.Length} characters leave no room for the names of what is rendered; use at most {LongestName}";
        }
    }

    private static IEnumerable<string> ProfileErrors(string profile) => RateLimit.Profiles.ContainsKey(profile)
        ? []
        : [$"spec.rateLimit.profile: \"{profile}\" is not known; use one of {string.Join(", ", RateLimit.Profiles.Keys)}"];

    // CEL says the same where the CRD is as new as this binary, and `render` and `validate` have no CEL.
    private static IEnumerable<string> CloudErrors(FalconAccess falcon)
    {
        if (falcon.Cloud is null == falcon.BaseUrl is null)
        {
            yield return "spec.falcon.cloud: name the tenant's cloud by exactly one of cloud and baseURL";
        }
        else if (AuditConfiguration.BaseUrl(falcon) is null)
        {
            yield return falcon.Cloud is { } cloud
                ? $"spec.falcon.cloud: \"{cloud}\" is not known; use one of {FalconCloud.Names}, or baseURL"
                : $"spec.falcon.baseURL: \"{falcon.BaseUrl}\" must be an http or https address without path";
        }
    }
}
