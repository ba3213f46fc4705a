using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Crds.DriftWatches;

/// <summary>What the watch knows, and what the operator rendered. Single drifts are in the watch's API, not here.</summary>
public sealed record DriftWatchStatus
{
    /// <summary>The status of a resource that nobody looked at yet. Generated JSON code knows the -1 from here only.</summary>
    [JsonConstructor]
    public DriftWatchStatus(long observedGeneration = -1) => ObservedGeneration = observedGeneration;

    /// <summary>The generation of the spec that was judged last; -1 when none was yet.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>
    /// Ready is always present: everything is rendered, a pod is ready, and it judges by current states. DriftDetected says whether a drift is
    /// open, and is Unknown while nobody can know. StateFresh says whether every state was read when it was due. Suspended is present only while True.
    /// </summary>
    [ListMapKey("type"), Items(16)]
    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>Address that Falco sends to.</summary>
    [StringLength(512)]
    public string? Endpoint { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int ReadyReplicas { get; init; }

    /// <summary>Drifts by where they are in their life.</summary>
    public DriftCounts? Drifts { get; init; }

    /// <summary>Share of the cloud's resources that a state manages, in whole percent; absent before the first comparison that can tell.</summary>
    [Range(0, 100)]
    public int? CoveragePercent { get; init; }

    /// <summary>When states and cloud were last compared in full.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastComparisonTime { get; init; }

    /// <summary>When every state was last seen to be current.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastRefreshTime { get; init; }

    /// <summary>The states as they are judged by.</summary>
    [ListMapKey("name"), Items(64)]
    public IReadOnlyList<DriftStateStatus>? States { get; init; }

    /// <summary>Every object that was rendered. What is no longer rendered is deleted by means of this list.</summary>
    [AtomicList, Items(24)]
    public IReadOnlyList<InventoryEntry>? Inventory { get; init; }

    /// <summary>The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted on: pods were started anew, which reads every state and compares in full.</summary>
    [StringLength(256)]
    public string? LastHandledReconcileAt { get; init; }
}

/// <summary>Drifts by where they are in their life, and open ones by severity and kind.</summary>
public sealed record DriftCounts
{
    /// <summary>Open ones in words, such as "1 critical, 2 high"; "none" when there are none.</summary>
    [StringLength(128)]
    public string? Summary { get; init; }

    /// <summary>Drifts that somebody should look at.</summary>
    public long Open { get; init; }

    /// <summary>Open and critical.</summary>
    public long Critical { get; init; }

    /// <summary>Open and high.</summary>
    public long High { get; init; }

    /// <summary>Open and medium.</summary>
    public long Medium { get; init; }

    /// <summary>Open and low.</summary>
    public long Low { get; init; }

    /// <summary>Open: an attribute differs.</summary>
    public long Modified { get; init; }

    /// <summary>Open: a managed resource is gone.</summary>
    public long Deleted { get; init; }

    /// <summary>Open: a resource that no state has.</summary>
    public long Unmanaged { get; init; }

    /// <summary>Within the grace period.</summary>
    public long Pending { get; init; }

    /// <summary>Known to somebody.</summary>
    public long Acknowledged { get; init; }

    /// <summary>By a rule, a window, Terraform itself or a person.</summary>
    public long Suppressed { get; init; }

    /// <summary>Resolved, and still kept.</summary>
    public long Resolved { get; init; }
}

/// <summary>A state as it is judged by.</summary>
public sealed record DriftStateStatus
{
    /// <summary>Its name in the spec.</summary>
    [Required, StringLength(40)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Serial of the version that was read last.</summary>
    public long? Serial { get; init; }

    /// <summary>Its lineage.</summary>
    [StringLength(64)]
    public string? Lineage { get; init; }

    /// <summary>Managed resources in it.</summary>
    public long Resources { get; init; }

    /// <summary>Why the last attempt to read it failed, in one line; absent when it did not.</summary>
    [StringLength(512)]
    public string? Error { get; init; }
}
