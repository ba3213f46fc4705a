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

    /// <summary>What Talos and RKE2 set by themselves, which is also what CIS 1.2.17-1.2.19 ask for as a minimum.</summary>
    public static LogSettings DistributionDefaults { get; } = new() { MaxAgeDays = 30, MaxBackups = 10, MaxSizeMegabytes = 100 };
}
