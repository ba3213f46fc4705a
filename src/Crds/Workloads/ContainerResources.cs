using System.ComponentModel.DataAnnotations;

namespace Comptroller.Crds.Workloads;

/// <summary>Resources of a container.</summary>
public sealed record ContainerResources
{
    /// <summary>CPU that is set aside.</summary>
    [RegularExpression("^[0-9]+m?$"), StringLength(16)]
    public string CpuRequest { get; init => field = value ?? "100m"; } = "100m";

    /// <summary>Memory that is set aside.</summary>
    [RegularExpression("^[1-9][0-9]*(Mi|Gi)$"), StringLength(16)]
    public string MemoryRequest { get; init => field = value ?? "256Mi"; } = "256Mi";

    /// <summary>Memory at which the container is stopped.</summary>
    [RegularExpression("^[1-9][0-9]*(Mi|Gi)$"), StringLength(16)]
    public string MemoryLimit { get; init => field = value ?? "512Mi"; } = "512Mi";
}
