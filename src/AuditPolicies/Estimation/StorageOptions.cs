using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Estimation;

/// <summary>Where the events go.</summary>
public sealed record StorageOptions
{
    /// <summary>API servers that share the load.</summary>
    public int ControlPlanes { get; init; } = 3;

    /// <summary>Days that VictoriaLogs keeps events.</summary>
    public int RetentionDays { get; init; } = 90;

    /// <summary>Copies that VictoriaLogs keeps.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Rotation on the node; what is absent is as the distribution sets it.</summary>
    public LogSettings? Log { get; init; }
}
