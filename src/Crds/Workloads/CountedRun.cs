using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.Workloads;

/// <summary>A run that a status has counted: a cluster tells of ends in any order, and again after a restart.</summary>
public record CountedRun
{
    /// <summary>So many are kept; what ended before the oldest of them is taken for counted.</summary>
    public const int Most = 32;

    /// <summary>Uid of the Job; of a daemon's run, uid of the pod and second of the end.</summary>
    [Required, StringLength(64, MinimumLength = 1)]
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary>How it ended.</summary>
    [Required, StringLength(16, MinimumLength = 1)]
    public string Outcome { get; init => field = value ?? ""; } = "";

    /// <summary>When it ended.</summary>
    [Required]
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset EndTime { get; init; }
}
