namespace Comptroller.AuditPolicies.Model;

/// <summary>
/// The API server's audit log rotation. Null means "not asked for": the distribution's own value stays.
/// </summary>
public sealed record LogSettings
{
    /// <summary><c>--audit-log-maxage</c>, days.</summary>
    public int? MaxAgeDays { get; init; }

    /// <summary><c>--audit-log-maxbackup</c>, rotated files kept beside the current one.</summary>
    public int? MaxBackups { get; init; }

    /// <summary><c>--audit-log-maxsize</c>, MiB per file.</summary>
    public int? MaxSizeMegabytes { get; init; }

    /// <summary><c>--audit-log-compress</c>: gzip rotated files.</summary>
    public bool? Compress { get; init; }

    /// <summary><c>--audit-log-truncate-*</c>: what becomes of events too large for what reads them.</summary>
    public Truncation? Truncate { get; init; }

    /// <summary>What Talos and RKE2 set by themselves, which is also what CIS 1.2.17-1.2.19 ask for as a minimum.</summary>
    public static LogSettings DistributionDefaults { get; } = new() { MaxAgeDays = 30, MaxBackups = 10, MaxSizeMegabytes = 100 };
}

/// <summary>
/// The API server cuts request and response out of an event that is too large, and marks it with the annotation
/// <c>audit.k8s.io/truncated</c>; only what is too large even then is dropped. What is null stays at kube-apiserver's own value.
/// </summary>
/// <param name="Enabled"><c>--audit-log-truncate-enabled</c>.</param>
/// <param name="MaxEventBytes"><c>--audit-log-truncate-max-event-size</c>.</param>
/// <param name="MaxBatchBytes"><c>--audit-log-truncate-max-batch-size</c>.</param>
public sealed record Truncation(bool Enabled, int? MaxEventBytes = null, int? MaxBatchBytes = null)
{
    /// <summary>What kube-apiserver takes for <see cref="MaxEventBytes"/> by itself.</summary>
    public const int UsualEventBytes = 102_400;

    /// <summary>What kube-apiserver takes for <see cref="MaxBatchBytes"/> by itself.</summary>
    public const int UsualBatchBytes = 10_485_760;

    /// <summary>
    /// The largest event that VictoriaLogs takes: it skips lines over 256 KiB (<c>-insert.maxLineSizeBytes</c>) and answers 200. 4 KiB are left
    /// for what Fluent Bit adds to an event.
    /// </summary>
    public const int VictoriaLogsBytes = (256 - 4) * 1024;

    /// <summary>Whether every event that comes out fits into VictoriaLogs.</summary>
    public bool FitsVictoriaLogs => Enabled && (MaxEventBytes ?? UsualEventBytes) <= VictoriaLogsBytes;
}
