using System.Text.Json;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Daemon;

/// <summary>The answers of a daemon's endpoints as JSON, in the replaced tool's fields.</summary>
public static class DaemonJson
{
    /// <summary><c>/health</c>.</summary>
    public static void WriteHealth(Utf8JsonWriter json, DaemonSnapshot figures)
    {
        json.WriteStartObject();
        json.WriteString("status", "alive");
        json.WriteString("timestamp", ReportMetadata.Time(figures.At));
        json.WriteNumber("uptime_seconds", Seconds(figures.Uptime));
        json.WriteEndObject();
    }

    /// <summary><c>/ready</c>.</summary>
    public static void WriteReady(Utf8JsonWriter json, DaemonSnapshot figures)
    {
        json.WriteStartObject();
        json.WriteString("status", figures.IsStopping ? "stopping" : figures.Status);
        json.WriteString("timestamp", ReportMetadata.Time(figures.At));
        json.WriteNumber("uptime_seconds", Seconds(figures.Uptime));
        Time("last_successful_run", figures.LastSuccess?.Ended);
        Time("last_failed_run", figures.LastFailure?.Ended);
        Time("next_scheduled_run", figures.Next);
        json.WriteNumber("consecutive_failures", figures.ConsecutiveFailures);
        json.WriteString("error_message", figures.Last is { Succeeded: false } last ? last.Message : null);
        json.WriteEndObject();

        void Time(string name, DateTimeOffset? at) => json.WriteString(name, at is { } known ? ReportMetadata.Time(known) : null);
    }

    /// <summary><c>/metrics</c>.</summary>
    public static void WriteMetrics(Utf8JsonWriter json, DaemonSnapshot figures)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", ReportMetadata.Time(figures.At));
        WriteFigures(json, figures);
        json.WriteEndObject();
    }

    /// <summary>The metrics report.</summary>
    public static void WriteReport(Utf8JsonWriter json, DaemonSnapshot figures, ReportMetadata metadata)
    {
        json.WriteStartObject();
        (metadata with { Timestamp = figures.At }).WriteTo(json, "metrics");
        WriteFigures(json, figures);
        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, DaemonSnapshot figures)
    {
        json.WriteNumber("uptime_seconds", Seconds(figures.Uptime));
        json.WriteNumber("uptime_hours", Math.Round(figures.Uptime.TotalHours, 2));
        json.WriteNumber("total_runs", figures.Runs);
        json.WriteNumber("successful_runs", figures.Successes);
        json.WriteNumber("failed_runs", figures.Runs - figures.Successes);
        json.WriteNumber("success_rate", Rate(figures.Successes, figures.Runs));
        json.WriteNumber("total_hosts_processed", figures.Hosts);
        json.WriteNumber("total_policies_graded", figures.Policies.Total);
        json.WriteNumber("total_policies_passed", figures.Policies.Passed);
        json.WriteNumber("total_policies_failed", figures.Policies.Failed);
        json.WriteNumber("policy_pass_rate", Rate(figures.Policies.Passed, figures.Policies.Total));
        json.WriteNumber("total_api_calls", figures.ApiCalls);
        json.WriteNumber("total_api_errors", figures.ApiErrors);
        json.WriteNumber("api_error_rate", Rate(figures.ApiErrors, figures.ApiCalls));
        json.WriteNumber("total_duration_seconds", Seconds(figures.Durations.Sum));
        json.WriteNumber("avg_run_duration_seconds", figures.Runs == 0 ? 0 : Seconds(figures.Durations.Sum / figures.Runs));
        if (figures.Last is { } last)
        {
            WriteRun(json, last);
        }

        var limiter = figures.Limiter;
        json.WriteStartObject("rate_limiter");
        json.WriteNumber("total_requests", limiter.Requests);
        json.WriteNumber("throttled_requests", limiter.Throttled);
        json.WriteNumber("failed_requests", limiter.Failed);
        json.WriteNumber("total_wait_time", Seconds(limiter.Waited));
        json.WriteNumber("current_rpm", limiter.LastMinute);
        json.WriteNumber("current_tokens", Math.Round(limiter.Tokens, 2));
        json.WriteNumber("consecutive_429s", limiter.Consecutive429);
        json.WriteBoolean("in_backoff", limiter.PauseLeft > TimeSpan.Zero);
        json.WriteNumber("backoff_remaining", Seconds(limiter.PauseLeft));
        json.WriteEndObject();
        json.WriteStartObject("http_requests");
        foreach (var operation in figures.Requests.GroupBy(count => count.Operation, StringComparer.Ordinal))
        {
            json.WriteStartObject(operation.Key);
            foreach (var count in operation)
            {
                json.WriteNumber($"{count.Code}", count.Requests);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter json, StoredRun run)
    {
        json.WriteStartObject("last_run");
        json.WriteString("start_time", ReportMetadata.Time(run.Started));
        json.WriteString("end_time", ReportMetadata.Time(run.Ended));
        json.WriteNumber("duration_seconds", Seconds(run.Duration));
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

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private static double Rate(long part, long whole) => whole == 0 ? 0 : Math.Round(Math.Min(1, part / (double)whole), 4);
}
