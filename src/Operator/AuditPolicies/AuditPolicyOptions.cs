using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>From the fields of an AuditPolicy to what the pure libraries take. Errors carry paths of the resource, starting with <c>spec</c>.</summary>
internal static class AuditPolicyOptions
{
    /// <summary>The policy as the file that kube-apiserver would read.</summary>
    public static JsonObject PolicyDocument(AuditPolicySpec spec, RuleSelection rules) =>
        new()
        {
            ["apiVersion"] = Policy.ApiVersion,
            ["kind"] = Policy.Kind,
            ["omitStages"] = new JsonArray([.. spec.OmitStages.Select(stage => (JsonNode)stage)]),
            ["omitManagedFields"] = spec.OmitManagedFields,
            ["rules"] = rules.Document(spec),
        };

    public static LogSettings? Log(AuditLog? log) => log is null ? null : new LogSettings
    {
        MaxAgeDays = log.MaxAge,
        MaxBackups = log.MaxBackups,
        MaxSizeMegabytes = log.MaxSizeMegabytes,
        Compress = log.Compress,
        Truncate = log.Truncate is { } truncate ? new Truncation(truncate.Enabled, truncate.MaxEventSize, truncate.MaxBatchSize) : null,
    };

    /// <summary>What is asked for, and what events need in order to arrive: VictoriaLogs drops those that are too large.</summary>
    /// <param name="spec">The fields.</param>
    /// <param name="policy">The policy they come to.</param>
    public static LogSettings? Log(AuditPolicySpec spec, Policy policy)
    {
        var asked = Log(spec.Log);
        return asked?.Truncate is null && ShipsToVictoriaLogs(spec) && policy.RecordsBodies ? (asked ?? new LogSettings()) with { Truncate = new Truncation(true) } : asked;
    }

    public static bool ShipsToVictoriaLogs(AuditPolicySpec spec) => spec.Forwarding?.VictoriaLogs is not null;

    /// <summary>Null without errors: alerts were turned off, or there are no shipped events to ask.</summary>
    public static (AlertOptions? Value, ImmutableArray<string> Errors) Alerts(ObjectMeta metadata, string name, AuditPolicySpec spec, string operatorUser)
    {
        var alerts = spec.Alerts ?? new Alerts();
        if (spec.Forwarding is not { } forwarding || !alerts.Enabled)
        {
            return (null, []);
        }

        var language = alerts.Language == AlertLanguages.PromQl ? AlertLanguage.PromQl : AlertLanguage.LogsQl;
        if (forwarding.VictoriaLogs is null && language == AlertLanguage.LogsQl)
        {
            // Asked for in words, they are missed; by default, nobody expects them without a VictoriaLogs.
            return (null, spec.Alerts is null ? [] : ["spec.alerts.enabled: alerts query the events in VictoriaLogs; set spec.forwarding.victoriaLogs, or spec.alerts.language to PromQL, or this to false"]);
        }

        ImmutableArray<string> wrong =
        [
            .. DurationErrors(alerts.Interval, "spec.alerts.interval", out var interval),
            .. DurationErrors(alerts.EvalDelay, "spec.alerts.evalDelay", out var delay),
            .. DurationErrors(alerts.Thresholds.BurstWindow, "spec.alerts.thresholds.burstWindow", out var burst),
            .. DurationErrors(alerts.Thresholds.SilentAfter, "spec.alerts.thresholds.silentAfter", out var silent),
        ];
        if (!wrong.IsEmpty)
        {
            return (null, wrong);
        }

        if (alerts.RunbookUrl is not null && !Uri.IsWellFormedUriString(alerts.RunbookUrl, UriKind.Absolute))
        {
            return (null, [$"spec.alerts.runbookURL: \"{alerts.RunbookUrl}\" must be an http or https address"]);
        }

        var options = new AlertOptions
        {
            Name = name,
            Namespace = metadata.Namespace ?? "",
            Cluster = forwarding.Cluster,
            OperatorUser = operatorUser,
            Language = language,
            ObjectLabels = alerts.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            SecretReaders = [.. alerts.SecretReaders],
            RoleEditors = [.. alerts.RoleEditors],
            SessionUsers = [.. alerts.SessionUsers],
            Impersonators = [.. alerts.Impersonators],
            ControlEditors = [.. alerts.ControlEditors],
            Disabled = [.. alerts.Disabled],
            RunbookBase = alerts.RunbookUrl is { } page ? new Uri(page) : null,
            Thresholds = new Comptroller.AuditPolicies.Alerting.AlertThresholds
            {
                BurstWindow = burst,
                SilentAfter = silent,
                AuthenticationFailures = alerts.Thresholds.AuthenticationFailures,
                ForbiddenRequests = alerts.Thresholds.ForbiddenRequests,
                FailurePercent = alerts.Thresholds.FailurePercent,
                FailureMinimum = alerts.Thresholds.FailureMinimum,
                VolumeFactor = alerts.Thresholds.VolumeFactor,
                VolumeMinimum = alerts.Thresholds.VolumeMinimum,
            },
            Interval = interval,
            EvaluationDelay = delay,
        };
        return Checked(options, options.Check(), Fields.Alerts);
    }

    /// <summary>Names of the alerts that are rendered.</summary>
    public static ImmutableArray<string> AlertNames(AlertOptions? alerts) =>
        alerts is null ? [] : [.. AlertKind.All.Select(kind => kind.Name).Except(alerts.Disabled, StringComparer.Ordinal)];

    private static ImmutableArray<string> DurationErrors(string text, string field, out TimeSpan value) =>
        GoDuration.TryParse(text, out value, out var error) ? [] : [$"{field}: {error}"];

    private static (T? Value, ImmutableArray<string> Errors) Checked<T>(T options, IEnumerable<OptionError> found, IReadOnlyDictionary<string, string> fields)
        where T : class
    {
        var errors = found.Select(error => $"{Path(error.Field, fields)}: {error.Message}").ToImmutableArray();
        return (errors.IsEmpty ? options : null, errors);
    }

    private static string Path(string field, IReadOnlyDictionary<string, string> fields)
    {
        foreach (var stem in new[] { field.Split('[')[0], field.Split('.')[0] })
        {
            if (fields.TryGetValue(stem, out var path))
            {
                return path + field[stem.Length..];
            }
        }

        return $"spec.{field}";
    }

    /// <summary>Where the options of the libraries stand in the resource.</summary>
    private static class Fields
    {
        private const string Cluster = "spec.forwarding.cluster";

        public static readonly Dictionary<string, string> Alerts = new(StringComparer.Ordinal)
        {
            ["cluster"] = Cluster,
            ["interval"] = "spec.alerts.interval",
            ["evaluationDelay"] = "spec.alerts.evalDelay",
            ["secretReaders"] = "spec.alerts.secretReaders",
            ["roleEditors"] = "spec.alerts.roleEditors",
            ["sessionUsers"] = "spec.alerts.sessionUsers",
            ["impersonators"] = "spec.alerts.impersonators",
            ["controlEditors"] = "spec.alerts.controlEditors",
            ["disabled"] = "spec.alerts.disabled",
            ["thresholds"] = "spec.alerts.thresholds",
            ["runbookBase"] = "spec.alerts.runbookURL",
        };
    }
}
