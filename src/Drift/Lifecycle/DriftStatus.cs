using System.Collections.Immutable;

namespace Comptroller.Drift.Lifecycle;

/// <summary>Where a drift is in its life. The numbers are kept in stores.</summary>
public enum DriftStatus
{
    /// <summary>Seen; Terraform is given time to write its state before anybody is told.</summary>
    Pending = 0,

    Open = 1,

    /// <summary>Somebody knows. A new value opens it again.</summary>
    Acknowledged = 2,

    /// <summary>By a rule, a window, Terraform's own identity, or a person.</summary>
    Suppressed = 3,

    /// <summary>State and world agree again.</summary>
    Resolved = 4,
}

/// <summary>How they are written.</summary>
public static class DriftStatuses
{
    /// <summary>State and world differ, and nobody has said that this is quiet.</summary>
    public static ImmutableArray<DriftStatus> Standing { get; } = [DriftStatus.Pending, DriftStatus.Open, DriftStatus.Acknowledged];

    public static string Name(this DriftStatus status) => status switch
    {
        DriftStatus.Pending => "pending",
        DriftStatus.Open => "open",
        DriftStatus.Acknowledged => "acknowledged",
        DriftStatus.Suppressed => "suppressed",
        _ => "resolved",
    };

    /// <summary>Reads a name; null when it is none.</summary>
    public static DriftStatus? Parse(string name) => Enum.GetValues<DriftStatus>().Cast<DriftStatus?>().FirstOrDefault(status => status!.Value.Name() == name);
}
