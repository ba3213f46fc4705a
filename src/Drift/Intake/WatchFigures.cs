using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Intake;

/// <summary>What a watch counts, as instruments of the meter <c>Comptroller.Drift</c>.</summary>
public sealed class WatchFigures : IDisposable
{
    private readonly Meter _meter = new("Comptroller.Drift");
    private static readonly string[] Unattributed = ["no_id", "ambiguous"];
    private static readonly string[] Unmatched = [.. Unattributed, "read_only", "failed_call", "irrelevant", "error", "unknown_source"];

    private readonly ConcurrentDictionary<(string Source, string Outcome), StrongBox<long>> _events = new();
    private readonly ConcurrentDictionary<string, StrongBox<long>> _lastSeen = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Histogram<double> _lag;
    private readonly Histogram<double> _comparison;
    private ScanReport? _compared;
    private long _comparisonFailures;
    private IReadOnlyList<DriftCount> _drifts = [];
    private IReadOnlyList<StateSourceStatus> _states = [];
    private long _refreshFailures;
    private long _refused;
    private long _storeFailures;
    private long _repeated;
    private double _lastSuccess;

    /// <param name="time">The clock; the system's without.</param>
    public WatchFigures(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _lag = _meter.CreateHistogram<double>("driftwatch_event_lag_seconds", unit: null, "Time from a change to its judgement", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600] });
        _comparison = _meter.CreateHistogram<double>("driftwatch_comparison_duration_seconds", unit: null, "How long full comparisons take", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 1800, 3600] });
        _meter.CreateObservableCounter("driftwatch_comparison_failures_total", () => Volatile.Read(ref _comparisonFailures), unit: null, "Full comparisons that could not be done");
        _meter.CreateObservableGauge("driftwatch_coverage_ratio", () => _compared is { Managed: > 0 } report ? [new Measurement<double>(report.Coverage ?? report.Compared / (double)report.Managed)] : Array.Empty<Measurement<double>>(), unit: null, "Share that the last full comparison covered");
        _meter.CreateObservableCounter("driftwatch_events_total", () => _events.Select(each => new Measurement<long>(Volatile.Read(ref each.Value.Value), new("source", each.Key.Source), new("outcome", each.Key.Outcome))), unit: null, "Records of audit logs, by what became of them");
        _meter.CreateObservableCounter("driftwatch_requests_refused_total", () => Volatile.Read(ref _refused), unit: null, "Requests that were answered 503 because the queue was full or the store failed");
        _meter.CreateObservableCounter("driftwatch_store_failures_total", () => Volatile.Read(ref _storeFailures), unit: null, "Batches that the store could not write: the disk is full, the file locked, the server away");
        _meter.CreateObservableCounter("driftwatch_events_repeated_total", () => Volatile.Read(ref _repeated), unit: null, "Events that were delivered again, or told of a second time when they were done, and counted once");
        _meter.CreateObservableCounter("driftwatch_state_refresh_failures_total", () => Volatile.Read(ref _refreshFailures), unit: null, "Attempts to read a state that failed");
        _meter.CreateObservableGauge("driftwatch_last_success_timestamp_seconds", () => Volatile.Read(ref _lastSuccess), unit: null, "When every state was last seen to be current");
        _meter.CreateObservableGauge("driftwatch_state_resources", () => _states.Select(state => new Measurement<long>(state.Resources, new KeyValuePair<string, object?>("state", state.Name))), unit: null, "Managed resources of a state");
        _meter.CreateObservableGauge("driftwatch_state_last_success_timestamp_seconds", () => _states.Where(state => state.LoadedAt is not null).Select(state =>
            new Measurement<double>(state.LoadedAt!.Value.ToUnixTimeMilliseconds() / 1000.0, new KeyValuePair<string, object?>("state", state.Name))), unit: null, "When each state was last seen to be current");
        _meter.CreateObservableGauge("driftwatch_queue_depth", () => Depth(), unit: null, "Requests that wait to be written");
        _meter.CreateObservableGauge("driftwatch_drifts", () => _drifts.Select(each => new Measurement<long>(
            each.Count, new("provider", each.Provider), new("type", each.Type), new("kind", each.Kind.Name()), new("severity", each.Severity.Name()), new("status", each.Status.Name()))), unit: null, "Drifts by where they are in their life");
    }

    internal Func<int> Depth { get; set; } = () => 0;

    public void Count(string source, string outcome, long by = 1)
    {
        Interlocked.Add(ref _events.GetOrAdd((source, outcome), static _ => new StrongBox<long>()).Value, by);
        Volatile.Write(ref _lastSeen.GetOrAdd(source, static _ => new StrongBox<long>()).Value, _time.GetUtcNow().UtcTicks);
    }

    /// <summary>What came from a cloud since the start.</summary>
    public ProviderActivity Activity(Provider provider)
    {
        var (received, matched, errors) = (0L, 0L, 0L);
        foreach (var ((source, outcome), count) in _events)
        {
            if (ProviderNames.OfSource(source) == provider)
            {
                var counted = Volatile.Read(ref count.Value);
                received += counted;
                matched += Unmatched.Contains(outcome, StringComparer.Ordinal) ? 0 : counted;
                errors += Unattributed.Contains(outcome, StringComparer.Ordinal) ? counted : 0;
            }
        }

        var last = _lastSeen.Where(each => ProviderNames.OfSource(each.Key) == provider).Select(each => Volatile.Read(ref each.Value.Value)).DefaultIfEmpty().Max();
        return new ProviderActivity(received, matched, errors, last == 0 ? null : new DateTimeOffset(last, TimeSpan.Zero));
    }

    public void Lag(DateTimeOffset? time, DateTimeOffset now)
    {
        if (time is { } told && told <= now)
        {
            _lag.Record((now - told).TotalSeconds);
        }
    }

    public void Refused() => Interlocked.Increment(ref _refused);

    /// <summary>How a full comparison went.</summary>
    public void Compared(ScanReport report, TimeSpan taken)
    {
        _compared = report;
        _comparison.Record(taken.TotalSeconds);
    }

    public void ComparisonFailed() => Interlocked.Increment(ref _comparisonFailures);

    public void Repeated() => Interlocked.Increment(ref _repeated);

    public void StoreFailed() => Interlocked.Increment(ref _storeFailures);

    /// <summary>How a refresh went.</summary>
    public void Refreshed(IReadOnlyList<StateSourceStatus> states, DateTimeOffset now)
    {
        _states = states;
        Interlocked.Add(ref _refreshFailures, states.Count(state => state.Error is not null));
        if (states.All(state => state.Error is null))
        {
            Volatile.Write(ref _lastSuccess, now.ToUnixTimeMilliseconds() / 1000.0);
        }
    }

    public void Standing(IReadOnlyList<DriftCount> drifts) => _drifts = drifts;

    public void Dispose() => _meter.Dispose();
}
