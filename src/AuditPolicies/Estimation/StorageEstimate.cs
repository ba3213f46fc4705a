using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Estimation;

/// <summary>
/// What a volume of events needs on the nodes and in VictoriaLogs. Node figures hold for an even share; behind a load balancer that sticks
/// to one API server, one node has up to <see cref="UnevenShare"/> times as much.
/// </summary>
public sealed record StorageEstimate
{
    /// <summary>How much more than its share the busiest node is planned to write.</summary>
    public const double UnevenShare = 1.5;

    /// <summary>Compression in VictoriaLogs as measured at Metadata; synthetic events compress better than real ones.</summary>
    public const double MeasuredCompression = 13.5;

    /// <summary>Compression to plan with.</summary>
    public const double PlannedCompression = 10;

    /// <summary>Share on top of what is stored, for merges and growth.</summary>
    public const double Headroom = 1.2;

    private const double RotatedCompression = 12;
    private const double SecondsPerDay = 86_400;
    private const double Mebibyte = 1_048_576;

    public required double EventsPerSecond { get; init; }

    /// <summary>Bytes all API servers write in a day.</summary>
    public required double BytesPerDay { get; init; }

    /// <summary>An even share of it.</summary>
    public required double NodeBytesPerDay { get; init; }

    /// <summary>What the busiest node is planned to write.</summary>
    public double BusiestNodeBytesPerDay => NodeBytesPerDay * UnevenShare;

    /// <summary>How long an event stays on its node until rotation removes it, never longer than the log's maximum age.</summary>
    public required TimeSpan LocalHistory { get; init; }

    /// <summary>The same on the busiest node.</summary>
    public required TimeSpan BusiestLocalHistory { get; init; }

    /// <summary>Most bytes the log takes on a node.</summary>
    public required double LocalDisk { get; init; }

    /// <summary>Bytes in VictoriaLogs for the retention as measured.</summary>
    public required double CentralMeasured { get; init; }

    /// <summary>Bytes in VictoriaLogs for the retention as one should plan.</summary>
    public required double CentralPlanned { get; init; }

    /// <summary>Bytes of disk to provide for VictoriaLogs: as planned, for every copy, with headroom.</summary>
    public required double CentralDisk { get; init; }

    public static StorageEstimate Of(AuditVolume volume, StorageOptions options)
    {
        var perDay = volume.BytesPerSecond * SecondsPerDay;
        var perNode = perDay / options.ControlPlanes;
        var (age, backups, megabytes) = Rotation(options.Log);
        var localBytes = (backups + 1) * megabytes * Mebibyte;
        return new StorageEstimate
        {
            EventsPerSecond = volume.EventsPerSecond,
            BytesPerDay = perDay,
            NodeBytesPerDay = perNode,
            LocalHistory = History(localBytes, perNode, age),
            BusiestLocalHistory = History(localBytes, perNode * UnevenShare, age),
            LocalDisk = options.Log?.Compress == true ? megabytes * Mebibyte * (1 + (backups / RotatedCompression)) : localBytes,
            CentralMeasured = perDay / MeasuredCompression * options.RetentionDays,
            CentralPlanned = perDay / PlannedCompression * options.RetentionDays,
            CentralDisk = perDay / PlannedCompression * options.RetentionDays * options.Replicas * Headroom,
        };
    }

    private static (TimeSpan Age, double Backups, double Megabytes) Rotation(LogSettings? log)
    {
        var defaults = LogSettings.DistributionDefaults;
        return (
            TimeSpan.FromDays(log?.MaxAgeDays ?? defaults.MaxAgeDays!.Value),
            log?.MaxBackups ?? defaults.MaxBackups!.Value,
            log?.MaxSizeMegabytes ?? defaults.MaxSizeMegabytes!.Value);
    }

    // Compressing does not lengthen the history: files are counted and rotated by their size before it.
    private static TimeSpan History(double bytes, double perDay, TimeSpan age) =>
        bytes >= perDay * age.TotalDays ? age : TimeSpan.FromDays(bytes / perDay);
}
