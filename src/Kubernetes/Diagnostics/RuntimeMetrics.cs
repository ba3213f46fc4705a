using System.Diagnostics.Metrics;
using Comptroller.Kubernetes.Informers;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>
/// The instruments of the runtime, under the names that controller-runtime's dashboards and alerts already know. Label sets start
/// at zero, so that the first error is a step that <c>rate()</c> can see.
/// </summary>
public sealed class RuntimeMetrics : IDisposable
{
    public const string MeterName = "Comptroller.Kubernetes.Runtime";

    /// <summary>Bucket bounds in seconds of controller-runtime's reconcile histogram.</summary>
    private static readonly double[] ReconcileBuckets =
    [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4,
        4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ];

    /// <summary>Bucket bounds in seconds of controller-runtime's work queue histograms.</summary>
    private static readonly double[] QueueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

    private readonly Meter meter = new(MeterName);

    public RuntimeMetrics()
    {
        Reconciles = Counter("controller_runtime_reconcile_total", "Reconciliations per controller and result");
        ReconcileErrors = Counter("controller_runtime_reconcile_errors_total", "Reconciliations that failed");
        TerminalErrors = Counter("controller_runtime_terminal_reconcile_errors_total", "Reconciliations that failed and are not retried");
        Panics = Counter("controller_runtime_reconcile_panics_total", "Reconciliations that ended in a programming error");
        Timeouts = Counter("controller_runtime_reconcile_timeouts_total", "Reconciliations that ran out of time");
        Conflicts = Counter("comptroller_reconcile_conflicts_total", "Reconciliations that met a newer state and start over");
        ReconcileTime = Histogram("controller_runtime_reconcile_time_seconds", "Time per reconciliation", ReconcileBuckets);
        MaxConcurrentReconciles = Gauge("controller_runtime_max_concurrent_reconciles", "Workers per controller");
        ActiveWorkers = Gauge("controller_runtime_active_workers", "Workers that reconcile right now");
        QueueDepth = Gauge("workqueue_depth", "Keys waiting");
        QueueAdds = Counter("workqueue_adds_total", "Keys added");
        QueueRetries = Counter("workqueue_retries_total", "Keys added again after a failure");
        QueueDuration = Histogram("workqueue_queue_duration_seconds", "Time a key waits", QueueBuckets);
        WorkDuration = Histogram("workqueue_work_duration_seconds", "Time a key is worked on", QueueBuckets);
        UnfinishedWork = Gauge("workqueue_unfinished_work_seconds", "Sum of the running times of keys in work");
        LongestRunning = Gauge("workqueue_longest_running_processor_seconds", "Longest running time of a key in work");
        LeaderStatus = Gauge("leader_election_master_status", "1 while this process leads");
        LeaderSlowPath = Counter("leader_election_slowpath_total", "Renewals that had to read the lease first");
        LeaderErrors = Counter("comptroller_leader_election_errors_total", "Failed lease requests, by status code");
        Relists = Counter("comptroller_reflector_relists_total", "Full lists, by reason");
        ReflectorErrors = Counter("comptroller_reflector_errors_total", "Failed lists and watches, by verb and status code");
        DecodeErrors = Counter("comptroller_reflector_decode_errors_total", "Objects that could not be decoded");
        LastEventTimestamp = Gauge("comptroller_reflector_last_event_timestamp_seconds", "When the quietest watch last showed life");
        CacheObjects = Gauge("comptroller_cache_objects", "Objects held in the cache");
        Applies = Counter("comptroller_apply_total", "Objects applied, by kind and action");
        Events = Counter("comptroller_events_total", "Kubernetes events, by what became of them");
    }

    public Counter<long> Reconciles { get; }
    public Counter<long> ReconcileErrors { get; }
    public Counter<long> TerminalErrors { get; }
    public Counter<long> Panics { get; }
    public Counter<long> Timeouts { get; }
    public Counter<long> Conflicts { get; }
    public Histogram<double> ReconcileTime { get; }
    public GaugeSet MaxConcurrentReconciles { get; }
    public GaugeSet ActiveWorkers { get; }
    public GaugeSet QueueDepth { get; }
    public Counter<long> QueueAdds { get; }
    public Counter<long> QueueRetries { get; }
    public Histogram<double> QueueDuration { get; }
    public Histogram<double> WorkDuration { get; }
    public GaugeSet UnfinishedWork { get; }
    public GaugeSet LongestRunning { get; }
    public GaugeSet LeaderStatus { get; }
    public Counter<long> LeaderSlowPath { get; }
    public Counter<long> LeaderErrors { get; }
    public Counter<long> Relists { get; }
    public Counter<long> ReflectorErrors { get; }
    public Counter<long> DecodeErrors { get; }
    public GaugeSet LastEventTimestamp { get; }
    public GaugeSet CacheObjects { get; }
    public Counter<long> Applies { get; }
    public Counter<long> Events { get; }

    /// <summary>The meter behind the instruments, for an exporter that serves this process only.</summary>
    public Meter Meter => meter;

    public void Dispose() => meter.Dispose();

    /// <summary>Sets the label sets of a controller to zero.</summary>
    internal void StartController(string controller)
    {
        var tag = new KeyValuePair<string, object?>("controller", controller);
        foreach (var result in (ReadOnlySpan<string>)["success", "error", "requeue", "requeue_after"])
        {
            Reconciles.Add(0, tag, new("result", result));
        }

        foreach (var counter in (ReadOnlySpan<Counter<long>>)[ReconcileErrors, TerminalErrors, Panics, Timeouts, Conflicts])
        {
            counter.Add(0, tag);
        }
    }

    /// <summary>Sets the label sets of a kind's reflector to zero.</summary>
    internal void StartReflector(string kind)
    {
        var tag = new KeyValuePair<string, object?>("kind", kind);
        DecodeErrors.Add(0, tag);
        foreach (var reason in RelistReason.All)
        {
            Relists.Add(0, tag, new("reason", reason));
        }
    }

    private Counter<long> Counter(string name, string description) => meter.CreateCounter<long>(name, unit: null, description);

    private GaugeSet Gauge(string name, string description) => new(meter, name, description);

    private Histogram<double> Histogram(string name, string description, IReadOnlyList<double> bounds) =>
        meter.CreateHistogram(name, unit: null, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
