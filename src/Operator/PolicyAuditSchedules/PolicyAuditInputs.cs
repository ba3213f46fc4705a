using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What rendering needs beside the resource. Of the credentials it holds no more than whether they exist and a hash of their version.</summary>
internal sealed record PolicyAuditInputs
{
    /// <summary>The operator's own image.</summary>
    public string Image { get; init; } = OwnImage.Default;

    public Dependency Credentials { get; init; } = Dependency.Unknown;

    /// <summary>The ConfigMap with grading files.</summary>
    public Dependency Grading { get; init; } = Dependency.Unknown;

    /// <summary>The request that a daemon is to start a run for; null for none. Jobs are started for theirs.</summary>
    public string? Request { get; init; }

    /// <summary>The time, for what stops being true by itself; null for a resource in a file, about which no run has told anything.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>True when runs could only fail: nothing is started until what is missing is there.</summary>
    public bool HoldsRuns => Credentials.IsMissing || Grading.IsMissing;
}
