using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Crds.PolicyAuditSchedules;

/// <summary>What the runs found, and what the operator rendered.</summary>
public sealed record PolicyAuditScheduleStatus
{
    /// <summary>The status of a resource that nobody looked at yet. Generated JSON code knows the -1 from here only.</summary>
    [JsonConstructor]
    public PolicyAuditScheduleStatus(long observedGeneration = -1) => ObservedGeneration = observedGeneration;

    /// <summary>The generation of the spec that was judged last; -1 when none was yet.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>
    /// Ready is always present: everything is rendered and nothing keeps a run from starting. Compliant compares the score of the newest
    /// complete run with the threshold, and is Unknown when that run is older than two intervals. Suspended is present only while True.
    /// </summary>
    [ListMapKey("type"), Items(16)]
    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>The newest run that ended, however it ended.</summary>
    public AuditRunStatus? LastRun { get; init; }

    /// <summary>When the newest run that audited everything it was asked to ended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>When the next run is due; absent while suspended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? NextRunTime { get; init; }

    /// <summary>Runs that failed since the last one that did not.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>Runs that ended since this resource exists.</summary>
    public long Runs { get; init; }

    /// <summary>Those of them that failed.</summary>
    public long FailedRuns { get; init; }

    /// <summary>The newest of them, oldest first, by which each is counted once.</summary>
    [AtomicList, Items(CountedRun.Most)]
    public IReadOnlyList<CountedRun>? CountedRuns { get; init; }

    /// <summary>Runs that ended until then are counted, and are not listed any more; absent while all of them are.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? CountedUntil { get; init; }

    /// <summary>What the newest complete run found. A failed run leaves it as it is.</summary>
    public AuditFindingsStatus? Audit { get; init; }

    /// <summary>Every object that was rendered. What is no longer rendered is deleted by means of this list.</summary>
    [AtomicList, Items(16)]
    public IReadOnlyList<InventoryEntry>? Inventory { get; init; }

    /// <summary>The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on: a run was started for it.</summary>
    [StringLength(256)]
    public string? LastHandledReconcileAt { get; init; }
}

/// <summary>One run.</summary>
public sealed record AuditRunStatus
{
    /// <summary>Name of the Job, or of the pod in Daemon mode.</summary>
    [Required, StringLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Complete, Degraded (complete, but some policy could not be read and counts as failed) or Failed (also when something could not be fetched).</summary>
    [Required, AllowedValues(AuditOutcomes.Complete, AuditOutcomes.Degraded, AuditOutcomes.Failed)]
    public string Outcome { get; init => field = value ?? ""; } = "";

    /// <summary>When it started.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public long DurationSeconds { get; init; }

    /// <summary>Requests sent to the Falcon API.</summary>
    [JsonPropertyName("apiCalls")]
    public long ApiCalls { get; init; }

    /// <summary>Those that the API answered with 429.</summary>
    public long Throttled { get; init; }

    /// <summary>Those that failed otherwise.</summary>
    [JsonPropertyName("apiErrors")]
    public long ApiErrors { get; init; }

    /// <summary>What went wrong, in one line; absent when nothing did.</summary>
    [StringLength(1024)]
    public string? Message { get; init; }
}

/// <summary>What a complete run found.</summary>
public sealed record AuditFindingsStatus
{
    /// <summary>Share of checks that passed, in whole percent, rounded down.</summary>
    public int Score { get; init; }

    /// <summary>Hosts in the tenant.</summary>
    public long Hosts { get; init; }

    /// <summary>Zero Trust score of the tenant, in whole percent, rounded down; absent unless spec.zeroTrust asks for it.</summary>
    public int? ZeroTrustScore { get; init; }

    /// <summary>Policies by type.</summary>
    [ListMapKey("type"), Items(16)]
    public IReadOnlyList<AuditedPolicies>? Policies { get; init; }

    /// <summary>Version of the grading that was applied.</summary>
    [StringLength(64)]
    public string? GradingVersion { get; init; }
}

/// <summary>Policies of one type.</summary>
public sealed record AuditedPolicies
{
    /// <summary>The type, as in spec.policyTypes.</summary>
    [Required, StringLength(32)]
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Policies with every check passed.</summary>
    public int Passed { get; init; }

    /// <summary>Policies with a failed check, and policies that could not be graded.</summary>
    public int Failed { get; init; }
}

/// <summary>How a run ended.</summary>
public static class AuditOutcomes
{
    public const string Complete = "Complete";
    public const string Degraded = "Degraded";
    public const string Failed = "Failed";

    /// <summary>Another run was writing to the store: no run of its own, neither failed nor a success. No status tells it.</summary>
    public const string Skipped = "Skipped";
}
