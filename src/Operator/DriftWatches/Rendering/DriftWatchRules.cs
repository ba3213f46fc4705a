using System.Collections.Immutable;
using System.Globalization;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches.Rendering;

/// <summary>
/// The alerts on one watch: over what the operator exports of its status, which outlives the pods, and over what the pods export of
/// themselves. Replicas of the operator export the same: those expressions take the maximum over them.
/// </summary>
internal static class DriftWatchRules
{
    public const string Down = "DriftWatchDown";
    public const string CriticalDrift = "DriftWatchCriticalDrift";
    public const string ManyDrifts = "DriftWatchManyDrifts";
    public const string HighMemory = "DriftWatchHighMemory";
    public const string MemoryExhausted = "DriftWatchMemoryExhausted";
    public const string Busy = "DriftWatchBusy";
    public const string HighErrorRate = "DriftWatchHighErrorRate";
    public const string Slow = "DriftWatchSlow";
    public const string EventLag = "DriftWatchEventLag";
    public const string Silent = "DriftWatchSilent";
    public const string Refusing = "DriftWatchRefusing";
    public const string StoreFailing = "DriftWatchStoreFailing";
    public const string StateStale = "DriftWatchStateStale";
    public const string ComparisonStale = "DriftWatchComparisonStale";
    public const string Streams = "DriftWatchStreams";
    public const string Limiting = "DriftWatchLimiting";
    public const string Undelivered = "DriftWatchUndelivered";
    public const string Replicas = "DriftWatchReplicas";
    public const string NotReady = "DriftWatchNotReady";
    public const string Unobserved = "DriftWatchUnobserved";

    /// <summary>Those that every watch has. <see cref="ComparisonStale"/> is for watches that compare.</summary>
    private static readonly string[] Names =
    [
        Down, CriticalDrift, ManyDrifts, HighMemory, MemoryExhausted, Busy, HighErrorRate, Slow, EventLag, Silent, Refusing, StoreFailing, StateStale, ComparisonStale, Streams,
        Limiting, Undelivered, Replicas, NotReady, Unobserved,
    ];

    public static IEnumerable<string> Errors(DriftAlerts alerts) => AlertRules.Errors(alerts.Disabled, Names);

    /// <summary>The alerts of a watch.</summary>
    public static ImmutableArray<AlertRule> For(ObjectMeta owner, DriftWatchSpec spec)
    {
        var alerts = spec.Alerts;
        var labels = $"{DriftWatchMetrics.NamespaceLabel}=\"{owner.Namespace}\",{DriftWatchMetrics.NameLabel}=\"{owner.Name}\"";
        var of = $"{{{labels}}}";
        const string By = $"by ({DriftWatchMetrics.NamespaceLabel}, {DriftWatchMetrics.NameLabel})";
        var awake = $"unless {Max(DriftWatchMetrics.Suspended)} == 1";
        var open = $"sum {By} (max by ({DriftWatchMetrics.NamespaceLabel}, {DriftWatchMetrics.NameLabel}, severity) ({DriftWatchMetrics.OpenDrifts}{of}))";
        var limit = Bytes(spec.Pod.Resources.MemoryLimit);
        AlertRule[] rules =
        [
            new(Down, "critical", $"{Max(DriftWatchMetrics.ReadyReplicas)} == 0 {awake}", "2m",
                "No pod of the watch is ready", "INC-001: describe the pod; the condition Ready of the resource says what is in the way. Events are kept while a pod runs without its states, and lost while none runs."),
            new(CriticalDrift, "critical", $"max by ({DriftWatchMetrics.NamespaceLabel}, {DriftWatchMetrics.NameLabel}) ({DriftWatchMetrics.OpenDrifts}{{{labels},severity=\"critical\"}}) > 0", "0s",
                "{{ $value }} critical drifts are open", "Ask the API for open drifts of that severity and the person who made them. If it was nobody of yours, this is a security incident; if it was, put it into Terraform."),
            new(ManyDrifts, "warning", $"{open} - min_over_time({open}[1h:1m]) > {alerts.NewDrifts}", "0s",
                "{{ $value }} drifts opened within an hour", "Somebody works around Terraform, or a rule or a window is missing: group open drifts by actor and by type."),
            new(HighMemory, "warning", $"max {By} (process_resident_memory_bytes{of}) > {Share(limit, 0.8)}", "5m",
                "A pod uses more than 80 % of its memory", "INC-002: a larger state needs more; raise spec.pod.resources.memoryLimit."),
            new(MemoryExhausted, "critical", $"max {By} (process_resident_memory_bytes{of}) > {Share(limit, 0.9)}", "1m",
                "A pod uses more than 90 % of its memory and will be stopped", "INC-002: raise spec.pod.resources.memoryLimit now."),
            new(Busy, "warning", $"max {By} (rate(process_cpu_seconds_total{of}[5m])) > 0.9", "15m",
                "A pod keeps a processor busy", "Group events by outcome: reads and other irrelevant calls belong filtered in the Falco rule. With PostgreSQL add pods."),
            new(HighErrorRate, "warning", $"sum {By} (rate(driftwatch_http_requests_total{{{labels},status=~\"5..\",route!=\"/ready\"}}[5m])) / clamp_min(sum {By} (rate(driftwatch_http_requests_total{of}[5m])), 0.001) > 0.05", "5m",
                "{{ $value | humanizePercentage }} of the requests fail", "The log names each: a full disk, a locked file, or a database that is away."),
            new(Slow, "warning", $"histogram_quantile(0.95, sum by ({DriftWatchMetrics.NamespaceLabel}, {DriftWatchMetrics.NameLabel}, le) (rate(driftwatch_http_request_duration_seconds_bucket{of}[5m]))) > 0.5", "5m",
                "One request in twenty takes longer than {{ $value | humanizeDuration }}", "Look at the volume's latency, and at who asks for what; pages of 50 are quick with any number of drifts."),
            new(EventLag, "warning", $"histogram_quantile(0.95, sum by ({DriftWatchMetrics.NamespaceLabel}, {DriftWatchMetrics.NameLabel}, le) (rate(driftwatch_event_lag_seconds_bucket{of}[15m]))) > {alerts.EventLagMinutes * 60}", "5m",
                "Events arrive {{ $value | humanizeDuration }} after the change", "INC-003: the cloud delivers late, Falco is behind, or a queue between them is."),
            new(Silent, "warning", $"sum {By} (increase(driftwatch_events_total{of}[{alerts.SilentHours}h])) == 0 {awake}", "0s",
                $"No event for {alerts.SilentHours} hours", "INC-003: send a test event; if it arrives, look at Falco, its plugin and the cloud's delivery."),
            new(Refusing, "warning", $"sum {By} (rate(driftwatch_requests_refused_total{of}[5m])) > 0", "5m",
                "Events are answered with 503", "The store does not keep up: look at the volume, or move to PostgreSQL and add pods. Senders that do not try again lose events; a full comparison finds what they told of."),
            new(StoreFailing, "critical", $"sum {By} (increase(driftwatch_store_failures_total{of}[5m])) > 0", "0s",
                "The store cannot be written", "The disk is full, the file is locked, or the database is away. Senders are told to come back."),
            new(StateStale, "warning", $"{Max(DriftWatchMetrics.StateFresh)} == 0", "15m",
                "A state cannot be read; drift is judged by the last good one", "INC-004: status.states names the state and the error, such as expired credentials."),
            new(Streams, "warning", $"sum {By} (driftwatch_stream_clients{of}) > 100", "5m",
                "{{ $value }} clients follow the streams", "Each costs memory: look who they are in the log; several pods share them, and spec.api.streams bounds them."),
            new(Limiting, "info", $"sum {By} (rate(driftwatch_rate_limited_total{of}[5m])) > 0.1", "10m",
                "Callers are answered with 429", "INC-005: give programs keys of their own, name trusted proxies, or raise spec.api.requestsPerMinute."),
            new(Undelivered, "warning", $"max {By} (driftwatch_dead_letters{of}) > 0", "0s",
                "{{ $value }} messages could not be delivered", "The API lists dead letters with what the receiver said; mend the address or the token and send them again."),
            new(Replicas, "warning", $"{Max(DriftWatchMetrics.ReadyReplicas)} < {Max(DriftWatchMetrics.WantedReplicas)}", "5m",
                "Only {{ $value }} pods are ready", "Describe the pods that are not."),
            new(NotReady, "warning", $"{Max(DriftWatchMetrics.Ready)} == 0 {awake}", "15m",
                "The watch is not Ready", "The condition Ready of the resource says what is in the way, such as a missing Secret."),
            // Without the operator's metrics most other alerts are silent.
            new(Unobserved, "critical", $"absent({DriftWatchMetrics.Ready}{of})", "15m",
                "Nobody reports on this watch", "The operator is down, is not scraped, or does not watch the namespace. Delete the DriftWatch if it is not wanted any more."),
        ];
        if (spec.Comparison is { } comparison)
        {
            var patience = 2 * SpecDurations.Read(comparison.Interval, "").Value.TotalSeconds;
            rules =
            [
                .. rules,
                new(ComparisonStale, "warning", string.Create(CultureInfo.InvariantCulture, $"time() - {Max(DriftWatchMetrics.LastComparisonTimestamp)} > {patience} {awake}"), "5m",
                    "No full comparison for two intervals", "Whoever writes the plan has stopped, or the file cannot be read: the condition DriftDetected says which."),
            ];
        }

        return [.. rules.Where(rule => !alerts.Disabled.Contains(rule.Name, StringComparer.Ordinal))];

        string Max(string metric) => $"max {By} ({metric}{of})";
    }

    public static DesiredObject? Render(ObjectMeta owner, DriftWatchSpec spec) => new AlertRules(
        $"{owner.Name}-drift-watch", "drift-watch", spec.Alerts.Interval, spec.Alerts.Labels, spec.Alerts.RunbookUrl, For(owner, spec),
        [(DriftWatchMetrics.NamespaceLabel, owner.Namespace), (DriftWatchMetrics.NameLabel, owner.Name)]).Render(owner);

    private static string Share(long bytes, double share) => ((long)(bytes * share)).ToString(CultureInfo.InvariantCulture);

    /// <summary>A quantity of the form that the schema allows.</summary>
    private static long Bytes(string quantity) =>
        long.TryParse(quantity.AsSpan(0, Math.Max(0, quantity.Length - 2)), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number << (quantity.EndsWith("Gi", StringComparison.Ordinal) ? 30 : 20) : long.MaxValue;
}
