using System.Globalization;
using System.Text;

namespace Comptroller.Falcon.Daemon;

/// <summary>A daemon's figures in the Prometheus text format.</summary>
public static class DaemonMetrics
{
    public static string Render(DaemonSnapshot figures)
    {
        var page = new Page();
        page.Gauge("falcon_audit_uptime_seconds", "Seconds since the daemon started", figures.Uptime.TotalSeconds);
        page.Counter("falcon_audit_runs_total", "Audit runs by result", ("result=\"success\"", figures.Successes), ("result=\"failure\"", figures.Runs - figures.Successes));
        page.Gauge("falcon_audit_consecutive_failures", "Failed runs in a row", figures.ConsecutiveFailures);
        page.Gauge("falcon_audit_last_success_timestamp_seconds", "End of the last successful run; 0 before there is one", figures.LastSuccess?.Ended.ToUnixTimeSeconds() ?? 0);
        page.Gauge("falcon_audit_next_run_timestamp_seconds", "Next scheduled run; 0 when none is known", figures.Next?.ToUnixTimeSeconds() ?? 0);
        page.Histogram("falcon_audit_run_duration_seconds", "How long runs took", figures.Durations);
        page.Gauge("falcon_audit_score", "Percent of checks passed in the last successful run", figures.LastSuccess?.Policies.Score ?? 0);
        var hosts = figures.LastSuccess?.Hosts ?? default;
        page.Gauge("falcon_audit_hosts", "Hosts of the last successful run by state",
            ("state=\"passed\"", hosts.AllPassed), ("state=\"failed\"", hosts.AnyFailed), ("state=\"other\"", hosts.Total - hosts.AllPassed - hosts.AnyFailed));
        page.Gauge("falcon_audit_policies", "Policies of the last successful run by type and state", [.. figures.Types.SelectMany(each => new (string, double)[]
        {
            ($"type=\"{each.Type}\",state=\"passed\"", each.Summary.Passed),
            ($"type=\"{each.Type}\",state=\"failed\"", each.Summary.Failed),
            ($"type=\"{each.Type}\",state=\"ungradable\"", each.Summary.Ungradable),
        })]);
        page.Counter("falcon_audit_http_requests_total", "HTTP requests to the Falcon API by operation and status code; 0 is no answer",
            [.. figures.Requests.Select(count => ($"operation=\"{count.Operation}\",code=\"{count.Code}\"", (double)count.Requests))]);
        page.Counter("falcon_audit_http_retries_total", "HTTP requests that were repeated by reason",
            ("reason=\"throttled\"", figures.RetriesThrottled), ("reason=\"unavailable\"", figures.RetriesUnavailable));
        page.Counter("falcon_audit_ratelimit_throttled_total", "Requests that waited for the rate limit", figures.Limiter.Throttled);
        page.Counter("falcon_audit_ratelimit_wait_seconds_total", "Seconds spent waiting for the rate limit", figures.Limiter.Waited.TotalSeconds);
        if (figures.Limiter.Remaining is { } remaining)
        {
            page.Gauge("falcon_audit_ratelimit_remaining", "Requests left in the window of the Falcon API, as it last said", remaining);
        }

        page.Gauge("falcon_audit_report_bytes", "Size of the reports written last", [.. figures.Reports.Select(report => ($"type=\"{report.Type}\"", (double)report.Bytes))]);
        return page.ToString();
    }

    private sealed class Page
    {
        private readonly StringBuilder _text = new();

        public void Gauge(string name, string help, double value) => Family(name, help, "gauge", [("", value)]);

        public void Gauge(string name, string help, params ReadOnlySpan<(string Labels, double Value)> samples) => Family(name, help, "gauge", samples);

        public void Counter(string name, string help, double value) => Family(name, help, "counter", [("", value)]);

        public void Counter(string name, string help, params ReadOnlySpan<(string Labels, double Value)> samples) => Family(name, help, "counter", samples);

        public void Histogram(string name, string help, RunDurations durations)
        {
            Head(name, help, "histogram");
            for (var i = 0; i < durations.Counts.Length; i++)
            {
                var bound = i < RunDurations.Bounds.Length ? RunDurations.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Sample($"{name}_bucket", $"le=\"{bound}\"", durations.Counts[i]);
            }

            Sample($"{name}_sum", "", durations.Sum.TotalSeconds);
            Sample($"{name}_count", "", durations.Count);
        }

        public override string ToString() => _text.ToString();

        private void Family(string name, string help, string type, ReadOnlySpan<(string Labels, double Value)> samples)
        {
            Head(name, help, type);
            foreach (var (labels, value) in samples)
            {
                Sample(name, labels, value);
            }
        }

        private void Head(string name, string help, string type) => _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

        private void Sample(string name, string labels, double value) =>
            _text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");
    }
}
