using System.Text.Json;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Daemon;

/// <summary>What a daemon has done since it started: for its health, its metrics and the metrics report.</summary>
public sealed class DaemonFigures(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly RunHealth _health = new();
    private StoredRun? _last;
    private StoredRun? _lastSuccess;
    private StoredRun? _lastFailure;
    private DateTimeOffset? _next;
    private long _runs;
    private long _successes;
    private long _hosts;
    private PolicySummary _policies;
    private long _calls;
    private long _errors;
    private TimeSpan _duration;

    /// <summary>Whether a probe should call it ready: five failures in a row, or no success for longer than is allowed, are not.</summary>
    public bool Ready(TimeSpan oldestSuccess)
    {
        lock (_gate)
        {
            return _health.Status != "unhealthy" && time.GetUtcNow() - (_lastSuccess?.Ended ?? _started) <= oldestSuccess;
        }
    }

    public void Next(DateTimeOffset at)
    {
        lock (_gate)
        {
            _next = at;
        }
    }

    public void Record(StoredRun run)
    {
        lock (_gate)
        {
            _health.Record(run.Succeeded);
            _last = run;
            (_lastSuccess, _lastFailure) = run.Succeeded ? (run, _lastFailure) : (_lastSuccess, run);
            _runs++;
            _successes += run.Succeeded ? 1 : 0;
            _hosts += run.Hosts.Total;
            _policies += run.Policies;
            _calls += run.ApiCalls;
            _errors += run.ApiErrors;
            _duration += run.Duration;
        }
    }

    /// <summary><c>/health</c>.</summary>
    public void WriteHealth(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status", "alive");
        json.WriteString("timestamp", ReportMetadata.Time(time.GetUtcNow()));
        json.WriteNumber("uptime_seconds", Uptime);
        json.WriteEndObject();
    }

    /// <summary><c>/ready</c>.</summary>
    public void WriteReady(Utf8JsonWriter json)
    {
        lock (_gate)
        {
            json.WriteStartObject();
            json.WriteString("status", _health.Status);
            json.WriteString("timestamp", ReportMetadata.Time(time.GetUtcNow()));
            json.WriteNumber("uptime_seconds", Uptime);
            Time("last_successful_run", _lastSuccess?.Ended);
            Time("last_failed_run", _lastFailure?.Ended);
            Time("next_scheduled_run", _next);
            json.WriteNumber("consecutive_failures", _health.ConsecutiveFailures);
            json.WriteString("error_message", _last is { Succeeded: false } ? _last.Message : null);
            json.WriteEndObject();
        }

        void Time(string name, DateTimeOffset? at) => json.WriteString(name, at is { } known ? ReportMetadata.Time(known) : null);
    }

    /// <summary>The body of <c>/metrics</c> and of the metrics report, within an object that the caller opened.</summary>
    public void WriteMetrics(Utf8JsonWriter json, RateLimiterCounts limiter)
    {
        lock (_gate)
        {
            json.WriteNumber("uptime_seconds", Uptime);
            json.WriteNumber("uptime_hours", Math.Round(Uptime / 3600, 2));
            json.WriteNumber("total_runs", _runs);
            json.WriteNumber("successful_runs", _successes);
            json.WriteNumber("failed_runs", _runs - _successes);
            json.WriteNumber("success_rate", Rate(_successes, _runs));
            json.WriteNumber("total_hosts_processed", _hosts);
            json.WriteNumber("total_policies_graded", _policies.Total);
            json.WriteNumber("total_policies_passed", _policies.Passed);
            json.WriteNumber("total_policies_failed", _policies.Failed);
            json.WriteNumber("policy_pass_rate", Rate(_policies.Passed, _policies.Total));
            json.WriteNumber("total_api_calls", _calls);
            json.WriteNumber("total_api_errors", _errors);
            json.WriteNumber("api_error_rate", Rate(_errors, _calls));
            json.WriteNumber("total_duration_seconds", Math.Round(_duration.TotalSeconds, 3));
            json.WriteNumber("avg_run_duration_seconds", _runs == 0 ? 0 : Math.Round(_duration.TotalSeconds / _runs, 3));
            if (_last is { } last)
            {
                LastRun(json, last);
            }

            json.WriteStartObject("rate_limiter");
            json.WriteNumber("total_requests", limiter.Requests);
            json.WriteNumber("throttled_requests", limiter.Throttled);
            json.WriteNumber("failed_requests", limiter.Failed);
            json.WriteNumber("total_wait_time", Math.Round(limiter.Waited.TotalSeconds, 3));
            json.WriteNumber("current_rpm", limiter.LastMinute);
            json.WriteNumber("current_tokens", Math.Round(limiter.Tokens, 2));
            json.WriteNumber("consecutive_429s", limiter.Consecutive429);
            json.WriteBoolean("in_backoff", limiter.PauseLeft > TimeSpan.Zero);
            json.WriteNumber("backoff_remaining", Math.Round(limiter.PauseLeft.TotalSeconds, 3));
            json.WriteEndObject();
        }
    }

    /// <summary>The same in the Prometheus text format.</summary>
    public string Prometheus(RateLimiterCounts limiter)
    {
        lock (_gate)
        {
            var text = new System.Text.StringBuilder();
            Gauge("falcon_audit_uptime_seconds", "Seconds since the daemon started", Uptime);
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"# HELP falcon_audit_runs_total Audit runs by result\n# TYPE falcon_audit_runs_total counter\nfalcon_audit_runs_total{{result=\"success\"}} {_successes}\nfalcon_audit_runs_total{{result=\"failure\"}} {_runs - _successes}\n");
            Gauge("falcon_audit_consecutive_failures", "Failed runs in a row", _health.ConsecutiveFailures);
            Gauge("falcon_audit_last_success_timestamp_seconds", "End of the last successful run; 0 before there is one", _lastSuccess?.Ended.ToUnixTimeSeconds() ?? 0);
            Gauge("falcon_audit_next_run_timestamp_seconds", "Next scheduled run; 0 when none is known", _next?.ToUnixTimeSeconds() ?? 0);
            Gauge("falcon_audit_run_duration_seconds", "Duration of the last run", _last?.Duration.TotalSeconds ?? 0);
            Gauge("falcon_audit_score", "Percent of checks passed in the last successful run", _lastSuccess?.Policies.Score ?? 0);
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"# HELP falcon_audit_hosts Hosts of the last successful run by state\n# TYPE falcon_audit_hosts gauge\nfalcon_audit_hosts{{state=\"passed\"}} {_lastSuccess?.Hosts.AllPassed ?? 0}\nfalcon_audit_hosts{{state=\"failed\"}} {_lastSuccess?.Hosts.AnyFailed ?? 0}\nfalcon_audit_hosts{{state=\"other\"}} {(_lastSuccess?.Hosts.Total - _lastSuccess?.Hosts.AllPassed - _lastSuccess?.Hosts.AnyFailed) ?? 0}\n");
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"# HELP falcon_audit_policies Policies of the last successful run by state\n# TYPE falcon_audit_policies gauge\nfalcon_audit_policies{{state=\"passed\"}} {_lastSuccess?.Policies.Passed ?? 0}\nfalcon_audit_policies{{state=\"failed\"}} {_lastSuccess?.Policies.Failed ?? 0}\nfalcon_audit_policies{{state=\"ungradable\"}} {_lastSuccess?.Policies.Ungradable ?? 0}\n");
            Counter("falcon_audit_api_calls_total", "HTTP requests to the Falcon API", _calls);
            Counter("falcon_audit_api_errors_total", "HTTP requests to the Falcon API that failed", _errors);
            Counter("falcon_audit_ratelimit_throttled_total", "Requests that waited for the rate limit", limiter.Throttled);
            Counter("falcon_audit_ratelimit_wait_seconds_total", "Seconds spent waiting for the rate limit", limiter.Waited.TotalSeconds);
            return text.ToString();

            void Gauge(string name, string help, double value) => Metric(name, help, "gauge", value);

            void Counter(string name, string help, double value) => Metric(name, help, "counter", value);

            void Metric(string name, string help, string type, double value) =>
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
        }
    }

    private double Uptime => Math.Round((time.GetUtcNow() - _started).TotalSeconds, 3);

    private static double Rate(long part, long whole) => whole == 0 ? 0 : Math.Round(Math.Min(1, part / (double)whole), 4);

    private static void LastRun(Utf8JsonWriter json, StoredRun run)
    {
        json.WriteStartObject("last_run");
        json.WriteString("start_time", ReportMetadata.Time(run.Started));
        json.WriteString("end_time", ReportMetadata.Time(run.Ended));
        json.WriteNumber("duration_seconds", Math.Round(run.Duration.TotalSeconds, 3));
        json.WriteNumber("hosts_processed", run.Hosts.Total);
        json.WriteNumber("policies_graded", run.Policies.Total);
        json.WriteNumber("policies_passed", run.Policies.Passed);
        json.WriteNumber("policies_failed", run.Policies.Failed);
        json.WriteNumber("api_calls", run.ApiCalls);
        json.WriteNumber("api_errors", run.ApiErrors);
        json.WriteBoolean("success", run.Succeeded);
        json.WriteString("error_message", run.Succeeded ? null : run.Message);
        json.WriteEndObject();
    }
}
