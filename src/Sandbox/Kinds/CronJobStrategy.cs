using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

internal sealed class CronJobStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    // The controller appends 11 characters to make a Job's name, which may have 63.
    private const int NameLimit = 52;

    protected override void SetDefaults(JsonObject candidate) =>
        PodTemplates.SetPullPolicies(candidate["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]);

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        var spec = candidate["spec"];
        List<FieldError> errors = [.. Schedule((string?)spec?["schedule"] ?? "")];
        errors.AddRange(NonNegative("spec.startingDeadlineSeconds", spec?["startingDeadlineSeconds"]));
        errors.AddRange(TimeZone((string?)spec?["timeZone"]));
        if ((string?)spec?["concurrencyPolicy"] is { } policy and not ("Allow" or "Forbid" or "Replace"))
        {
            errors.Add(NotSupported("spec.concurrencyPolicy", policy, "Allow", "Forbid", "Replace"));
        }
        errors.AddRange(JobStrategy.CheckSpec(spec?["jobTemplate"]?["spec"], "spec.jobTemplate.spec"));
        errors.AddRange(NonNegative("spec.successfulJobsHistoryLimit", spec?["successfulJobsHistoryLimit"]));
        errors.AddRange(NonNegative("spec.failedJobsHistoryLimit", spec?["failedJobsHistoryLimit"]));
        var name = (string?)candidate["metadata"]?["name"] ?? "";
        if (existing is null && name.Length > NameLimit)
        {
            errors.Add(Invalid("metadata.name", name, $"must be no more than {NameLimit} characters"));
        }
        return errors;
    }

    private static IEnumerable<FieldError> Schedule(string schedule)
    {
        const string Field = "spec.schedule";
        if (schedule.Length == 0)
        {
            yield return Required(Field);
        }
        else if (schedule.Contains("TZ", StringComparison.Ordinal))
        {
            yield return Invalid(Field, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        else if (!CronJobSchedule.TryParse(schedule, out _, out var error))
        {
            yield return Invalid(Field, schedule, error);
        }
    }

    private static IEnumerable<FieldError> TimeZone(string? zone)
    {
        const string Field = "spec.timeZone";
        if (zone is null)
        {
            yield break;
        }
        if (zone.Length == 0)
        {
            yield return Invalid(Field, zone, "timeZone must be nil or non-empty string");
        }
        else if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
        {
            yield return Invalid(Field, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        else if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            yield return Invalid(Field, zone, $"unknown time zone {zone}");
        }
    }
}
