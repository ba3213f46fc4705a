using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.Workloads;

/// <summary>How runs are started and kept.</summary>
public sealed record JobSettings
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public JobSettings(int successfulHistoryLimit = 3, int failedHistoryLimit = 3) =>
        (SuccessfulHistoryLimit, FailedHistoryLimit) = (successfulHistoryLimit, failedHistoryLimit);

    /// <summary>Finished Jobs to keep that succeeded.</summary>
    [Range(1, 100)]
    public int SuccessfulHistoryLimit { get; init; }

    /// <summary>Finished Jobs to keep that failed. At least one, or nobody could read why.</summary>
    [Range(1, 100)]
    public int FailedHistoryLimit { get; init; }

    /// <summary>How late a run may start, such as after an outage of the control plane; one that would be later is skipped. At least 10s.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string StartingDeadline { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>What happens to a run that is due while the last one still works: Forbid skips it, Replace stops the last one.</summary>
    [AllowedValues("Forbid", "Replace")]
    public string ConcurrencyPolicy { get; init => field = value ?? "Forbid"; } = "Forbid";

    /// <summary>How often a failed run is started again before it counts as failed. Failed requests are tried again inside a run anyway.</summary>
    [Range(0, 6)]
    public int Retries { get; init; }

    /// <summary>How long a run may take, from 1m to 24h.</summary>
    [Duration(AtLeast = "1m", AtMost = "24h")]
    public string Timeout { get; init => field = value ?? "2h"; } = "2h";

    /// <summary>Image to run instead of the operator's own.</summary>
    [RegularExpression(@"^[^\s]+$"), StringLength(512, MinimumLength = 1)]
    public string? Image { get; init; }

    /// <summary>Resources of the container.</summary>
    public ContainerResources Resources { get; init => field = value ?? new(); } = new();
}
