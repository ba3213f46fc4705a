namespace Comptroller.Kubernetes.Runtime;

/// <summary>How one controller runs.</summary>
public sealed record ControllerOptions
{
    /// <summary>Lower-case name: the label <c>controller</c> of logs and metrics.</summary>
    public required string Name { get; init; }

    /// <summary>Keys reconciled at a time (rule Q15).</summary>
    public int MaxConcurrentReconciles { get; init; } = 4;

    /// <summary>How long one reconcile may take before it counts as failed (rule L4).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Labels of the resource that the reconciler reads: a change of one starts a run (rule C7).</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Annotations of the resource that the reconciler reads, besides those of Flux (rule C7).</summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];
}
