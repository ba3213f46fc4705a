using System.Globalization;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>Arguments of kube-apiserver for its audit log, always as text: several targets refuse bare numbers and booleans.</summary>
public static class LogFlags
{
    /// <summary>Log settings the API server would refuse at start-up.</summary>
    public static IEnumerable<OptionError> Check(LogSettings? log)
    {
        return new (string Field, int? Value)[]
            {
                ("maxAge", log?.MaxAgeDays),
                ("maxBackups", log?.MaxBackups),
                ("maxSizeMegabytes", log?.MaxSizeMegabytes),
            }
            .Where(setting => setting.Value < 0)
            .Select(setting => new OptionError(setting.Field, $"must not be negative, is {setting.Value}: kube-apiserver would not start"))
            .Concat(CheckSizes(log?.Truncate));
    }

    private static IEnumerable<OptionError> CheckSizes(Truncation? truncate)
    {
        var (largest, batch) = (truncate?.MaxEventBytes ?? Truncation.UsualEventBytes, truncate?.MaxBatchBytes ?? Truncation.UsualBatchBytes);
        if (largest <= 0)
        {
            yield return new OptionError("truncate.maxEventSize", $"must be positive, is {largest}: kube-apiserver would not start");
        }
        else if (batch < largest)
        {
            yield return new OptionError("truncate.maxBatchSize", $"{batch} must not be less than an event may have, {largest}: kube-apiserver would not start");
        }
    }

    /// <summary>Only what is asked for.</summary>
    /// <exception cref="OptionException"><see cref="Check"/> names the errors.</exception>
    internal static IEnumerable<(string Name, string Value)> Of(LogSettings? log)
    {
        OptionException.ThrowIfAny(Check(log));
        return new (string Name, string? Value)[]
            {
                ("audit-log-maxage", Number(log?.MaxAgeDays)),
                ("audit-log-maxbackup", Number(log?.MaxBackups)),
                ("audit-log-maxsize", Number(log?.MaxSizeMegabytes)),
                ("audit-log-compress", Truth(log?.Compress)),
                ("audit-log-truncate-enabled", Truth(log?.Truncate?.Enabled)),
                ("audit-log-truncate-max-event-size", Number(log?.Truncate?.MaxEventBytes)),
                ("audit-log-truncate-max-batch-size", Number(log?.Truncate?.MaxBatchBytes)),
            }
            .Where(flag => flag.Value is not null)
            .Select(flag => (flag.Name, flag.Value!));
    }

    /// <summary>
    /// For a distribution without an audit log of its own: kube-apiserver before 1.36 keeps rotated files for ever and fills the disk, so
    /// what is not asked for is what Talos and RKE2 set.
    /// </summary>
    internal static IEnumerable<(string Name, string Value)> Complete(LogSettings? log)
    {
        var usual = LogSettings.DistributionDefaults;
        return Of(new LogSettings
        {
            MaxAgeDays = log?.MaxAgeDays ?? usual.MaxAgeDays,
            MaxBackups = log?.MaxBackups ?? usual.MaxBackups,
            MaxSizeMegabytes = log?.MaxSizeMegabytes ?? usual.MaxSizeMegabytes,
            Compress = log?.Compress,
            Truncate = log?.Truncate,
        });
    }

    private static string? Truth(bool? value) => value is { } known ? known ? "true" : "false" : null;

    private static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);
}
