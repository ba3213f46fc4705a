using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Comptroller.Drift.Api;

/// <summary>What the server counts, as instruments of the meter <c>Comptroller.Drift.Api</c>.</summary>
public sealed class ApiFigures : IDisposable
{
    private readonly Meter _meter = new("Comptroller.Drift.Api");
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _dropped;
    private readonly ConcurrentDictionary<string, int> _clients = new(StringComparer.Ordinal) { ["sse"] = 0, ["websocket"] = 0 };

    public ApiFigures()
    {
        _requests = _meter.CreateCounter<long>("driftwatch_http_requests_total", unit: null, "Requests by route and answer");
        _durations = _meter.CreateHistogram<double>("driftwatch_http_request_duration_seconds", unit: null, "Time to an answer, streams left out", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5] });
        _limited = _meter.CreateCounter<long>("driftwatch_rate_limited_total", unit: null, "Requests that were answered 429");
        _refused = _meter.CreateCounter<long>("driftwatch_auth_failures_total", unit: null, "Requests whose credentials were missing, wrong or not enough");
        _dropped = _meter.CreateCounter<long>("driftwatch_stream_clients_dropped_total", unit: null, "Clients of streams that did not read what they were sent");
        _meter.CreateObservableGauge("driftwatch_stream_clients", () => _clients.Select(each => new Measurement<int>(each.Value, new KeyValuePair<string, object?>("transport", each.Key))), unit: null, "Clients of streams");
        foreach (var transport in (ReadOnlySpan<string>)["sse", "websocket"])
        {
            _dropped.Add(0, new KeyValuePair<string, object?>("transport", transport));
        }

        _limited.Add(0);
        foreach (var status in (ReadOnlySpan<int>)[401, 403])
        {
            _refused.Add(0, new KeyValuePair<string, object?>("status", status));
        }
    }

    /// <summary>Clients of all streams now.</summary>
    public int Clients => _clients.Values.Sum();

    public void Answered(string route, string method, int status, double? seconds)
    {
        _requests.Add(1, new("route", route), new("method", method), new("status", status));
        if (seconds is { } took)
        {
            _durations.Record(took, new KeyValuePair<string, object?>("route", route));
        }
    }

    public void Limited() => _limited.Add(1);

    public void Refused(int status) => _refused.Add(1, new KeyValuePair<string, object?>("status", status));

    public void Connected(string transport) => _clients.AddOrUpdate(transport, 1, (_, count) => count + 1);

    public void Disconnected(string transport) => _clients.AddOrUpdate(transport, 0, (_, count) => count - 1);

    public void Dropped(string transport) => _dropped.Add(1, new KeyValuePair<string, object?>("transport", transport));

    public void Dispose() => _meter.Dispose();
}
