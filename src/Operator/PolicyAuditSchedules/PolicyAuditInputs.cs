namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What rendering needs beside the resource. Of the credentials it holds no more than whether they exist and a hash of their version.</summary>
internal sealed record PolicyAuditInputs
{
    /// <summary>The image that the manifests in deploy/ run.</summary>
    public const string DefaultImage = "comptroller:dev";

    /// <summary>The operator's own image.</summary>
    public string Image { get; init; } = DefaultImage;

    public AuditDependency Credentials { get; init; } = AuditDependency.Unknown;

    /// <summary>The ConfigMap with grading files.</summary>
    public AuditDependency Grading { get; init; } = AuditDependency.Unknown;

    /// <summary>The request that a daemon is to start a run for; null for none. Jobs are started for theirs.</summary>
    public string? Request { get; init; }

    /// <summary>The time, for what stops being true by itself; null for a resource in a file, about which no run has told anything.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>True when runs could only fail: nothing is started until what is missing is there.</summary>
    public bool HoldsRuns => Credentials.IsMissing || Grading.IsMissing;
}

/// <summary>Something that runs need and users bring.</summary>
/// <param name="IsMissing">True when it is known not to exist.</param>
/// <param name="Revision">Changes whenever its content does; null when nothing is known of it.</param>
internal readonly record struct AuditDependency(bool IsMissing, string? Revision)
{
    /// <summary>Nobody asked, or nobody may tell.</summary>
    public static AuditDependency Unknown => default;
}
