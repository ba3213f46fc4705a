using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditBackups.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>What one AuditBackup comes to: the objects to apply, or why it cannot be rendered. Pure.</summary>
internal sealed record AuditBackupPlan
{
    /// <summary>A CronJob's name has 52 characters at most; the name is also a label's value.</summary>
    public const int LongestName = 40;

    /// <summary>Why nothing may be rendered, each naming its field; empty when the plan holds.</summary>
    public ImmutableArray<string> Errors { get; private init; } = [];

    /// <summary>When backups are due; null when there are errors.</summary>
    public Timetable? Backups { get; private init; }

    /// <summary>When verifications are due; null when there are errors.</summary>
    public Timetable? Verifications { get; private init; }

    /// <summary>When digests are due; null when there are errors.</summary>
    public Timetable? Digests { get; private init; }

    /// <summary>How long until everything is compared again.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>How long until something that is in the way is looked at again.</summary>
    public TimeSpan RetryInterval { get; private init; }

    /// <summary>In the order in which they are applied.</summary>
    public ImmutableArray<DesiredObject> Objects { get; private init; } = [];

    /// <summary>The CronJob of backups; null when there are errors.</summary>
    public DesiredObject? Backup { get; private init; }

    /// <summary>The same, for a backup that somebody asks for: it waits for no window. Null when there are errors.</summary>
    public DesiredObject? BackupNow { get; private init; }

    /// <summary>Times to which backups are confined; null for none.</summary>
    public BackupWindows? Windows { get; private init; }

    /// <summary>The CronJob of verifications; null when there are errors.</summary>
    public DesiredObject? Verify { get; private init; }

    /// <summary>The Job of a restore.</summary>
    public Func<RestoreRequest, JsonObject> Restore { get; private init; } = _ => throw new InvalidOperationException("a plan with errors restores nothing");

    public static AuditBackupPlan Make(AuditBackup resource, AuditBackupInputs inputs)
    {
        var (metadata, spec) = (resource.Metadata, resource.Spec);
        var interval = SpecDurations.Read(spec.Interval, "spec.interval");
        var retry = SpecDurations.Read(spec.RetryInterval ?? "1m", "spec.retryInterval");
        var deadline = SpecDurations.Read(spec.Jobs.StartingDeadline, "spec.jobs.startingDeadline");
        var timeout = SpecDurations.Read(spec.Jobs.Timeout, "spec.jobs.timeout");
        var evaluation = SpecDurations.Read(spec.Alerts.Interval, "spec.alerts.interval");
        var backups = Times(metadata, spec);
        var verifications = Timetable.OfCronJob(spec.Verify.Schedule, spec.TimeZone, "spec.verify.schedule");
        var digests = Timetable.OfCronJob(spec.Digests.Schedule, spec.TimeZone, "spec.digests.schedule");
        var prunes = spec.Retention is { } kept ? Timetable.OfCronJob(kept.Schedule, spec.TimeZone, "spec.retention.schedule") : default;
        ImmutableArray<string> errors =
        [
            .. new[]
            {
                metadata.Name.Length > LongestName ? $"metadata.name: {metadata.Name.Length} characters leave no room for the names of what is rendered; use at most {LongestName}" : null,
                interval.Error, retry.Error, deadline.Error, timeout.Error, evaluation.Error,
            }.OfType<string>(),
            // All schedules have one time zone, and one error about it is enough.
            .. backups.Errors.Concat(digests.Errors).Concat(verifications.Errors).Concat(prunes.Errors.IsDefault ? [] : prunes.Errors).Distinct(StringComparer.Ordinal),
            .. SourceErrors(spec), .. BackupStore.Errors(spec.Destination), .. ProtectionErrors(spec), .. RetentionErrors(spec.Retention),
            .. PodNetwork.Errors(spec.Network.StoreCidrs, "spec.network.storeCIDRs"),
            .. AuditBackupRules.Errors(spec.Alerts),
        ];
        if (!errors.IsEmpty)
        {
            return new AuditBackupPlan { Errors = errors };
        }

        var pod = new BackupPod(metadata, spec, inputs);
        var limits = new JobLimits(deadline.Value, timeout.Value);
        var schedule = BackupJitter.Apply(spec.Schedule, spec.JitterMinutes, metadata).Schedule;
        var backup = BackupObjects.CronJob(pod, BackupTask.Backup, schedule, limits);
        var verify = BackupObjects.CronJob(pod, BackupTask.Verify, spec.Verify.Schedule, limits);
        return new AuditBackupPlan
        {
            Backups = backups.Value,
            Verifications = verifications.Value,
            Digests = digests.Value,
            Interval = interval.Value,
            RetryInterval = retry.Value,
            Backup = backup,
            BackupNow = BackupObjects.CronJob(new BackupPod(metadata, spec with { Windows = [] }, inputs), BackupTask.Backup, schedule, limits),
            Windows = BackupWindows.Of(spec).Value,
            Verify = verify,
            Restore = request => BackupObjects.Restore(pod, request, limits),
            Objects =
            [
                .. new[]
                {
                    BackupObjects.NetworkPolicy(metadata, spec),
                    backup,
                    BackupObjects.CronJob(pod, BackupTask.Digest, spec.Digests.Schedule, limits),
                    verify,
                    spec.Retention is { } retention ? BackupObjects.CronJob(pod, BackupTask.Prune, retention.Schedule, limits) : null,
                    spec.Alerts.Enabled ? AuditBackupRules.Render(metadata, spec) : null,
                }.OfType<DesiredObject>(),
            ],
        };
    }

    /// <summary>When backups are due: by schedule, inside of their windows.</summary>
    public static (Timetable? Value, ImmutableArray<string> Errors) Times(ObjectMeta metadata, AuditBackupSpec spec)
    {
        var read = Timetable.OfCronJob(spec.Schedule, spec.TimeZone, "spec.schedule");
        if (!read.Errors.IsEmpty)
        {
            return read;
        }

        var (schedule, error) = BackupJitter.Apply(spec.Schedule, spec.JitterMinutes, metadata);
        if (error is not null)
        {
            return (null, [error]);
        }

        var (due, (windows, problems)) = (Timetable.OfCronJob(schedule, spec.TimeZone, "spec.schedule"), BackupWindows.Of(spec));
        return !problems.IsEmpty ? (null, problems)
            : windows is null ? due
            : due.Value!.Within(windows.EarliestFrom) is { } inside ? (inside, [])
            : (null, [$"spec.windows: \"{schedule}\" in {spec.TimeZone} is never due inside one of them, and so there would be no backup; let spec.schedule be due there, or widen a window"]);
    }

    // CEL says the same where the CRD is as new as this binary, and `render` and `validate` have no CEL.
    private static IEnumerable<string> SourceErrors(AuditBackupSpec spec)
    {
        foreach (var (source, index) in spec.Sources.Select((source, index) => (source, index)))
        {
            var kinds = new object?[] { source.NodeAuditLog, source.Pvc, source.Sqlite, source.AuditLog, source.VictoriaLogs, source.KubernetesObjects }.Count(kind => kind is not null);
            if (kinds != 1)
            {
                yield return $"spec.sources[{index}]: name the source by exactly one of nodeAuditLog, pvc, sqlite, auditLog, victoriaLogs and kubernetesObjects";
            }
            else if (source.NodeAuditLog is not null && spec.Sources.Count > 1)
            {
                yield return $"spec.sources[{index}]: the audit log of nodes is backed up on each node by itself: give it an AuditBackup of its own";
            }
            else if (spec.Destination.Pvc is { } store && BackupPod.ClaimOf(source) == store.ClaimName)
            {
                yield return $"spec.sources[{index}]: claim {store.ClaimName} is the destination; back up to another one";
            }

            if (source.NodeAuditLog is { } node && node.Path.Split('/').Any(part => part is "." or ".."))
            {
                yield return $"spec.sources[{index}].nodeAuditLog.path: \"{node.Path}\" must not hold . or ..";
            }

            // Their files have one name each, whatever the source is called.
            if (spec.Sources.Take(index).Any(other => (other.VictoriaLogs is not null && source.VictoriaLogs is not null) || (other.KubernetesObjects is not null && source.KubernetesObjects is not null)))
            {
                yield return $"spec.sources[{index}]: one VictoriaLogs and one estate each; give the other one an AuditBackup of its own";
            }

            foreach (var error in PodNetwork.Errors(source.VictoriaLogs?.NetworkCidrs ?? [], $"spec.sources[{index}].victoriaLogs.networkCIDRs")
                .Concat(PodNetwork.Errors(source.KubernetesObjects?.ApiServerCidrs ?? [], $"spec.sources[{index}].kubernetesObjects.apiServerCIDRs")))
            {
                yield return error;
            }

            if (source.VictoriaLogs is { } logs && !(Uri.TryCreate(logs.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            {
                yield return $"spec.sources[{index}].victoriaLogs.url: \"{logs.Url}\" is no address such as http://victoria-logs:9428";
            }

            if (source.KubernetesObjects is { } estate && (spec.Destination.S3?.ServiceAccountName ?? spec.Destination.AzureBlob?.ServiceAccountName ?? spec.Destination.Gcs?.ServiceAccountName) is { } account && account != estate.ServiceAccountName)
            {
                yield return $"spec.sources[{index}].kubernetesObjects.serviceAccountName: a pod has one service account, and the destination names another one";
            }
        }
    }

    private static IEnumerable<string> ProtectionErrors(AuditBackupSpec spec)
    {
        if (spec.ObjectLock is not null && spec.Destination.Pvc is not null)
        {
            yield return "spec.objectLock: a volume cannot lock objects: name another destination, or remove objectLock";
        }

        if (spec.Encryption is { } encryption && encryption.PublicKeySecretRef is null == encryption.Command is null)
        {
            yield return "spec.encryption: wrap the keys by exactly one of publicKeySecretRef and command";
        }

        var most = spec.Compression.Codec switch { "gzip" => 9, "brotli" => 11, _ => 19 };
        if (spec.Compression.Level > most)
        {
            yield return $"spec.compression.level: {spec.Compression.Codec} has levels 1 to {most}";
        }
    }

    private static IEnumerable<string> RetentionErrors(BackupRetention? retention) =>
        retention is null or { KeepLast: not null } or { KeepDaily: not null } or { KeepWeekly: not null } or { KeepMonthly: not null } or { KeepYearly: not null } or { MaxAgeDays: not null }
            ? []
            : ["spec.retention: say what to keep: at least one of keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly and maxAgeDays"];
}
