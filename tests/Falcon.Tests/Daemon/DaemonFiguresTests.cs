using System.Text.Json;
using System.Text.RegularExpressions;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Scheduling;
using Comptroller.Falcon.Store;
using Comptroller.Falcon.Tests.Reports;

namespace Comptroller.Falcon.Tests.Daemon;

public sealed partial class DaemonFiguresTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 10, 0, TimeSpan.Zero);

    private readonly VirtualTime _time = new(Start);
    private readonly RateLimiter _limiter;
    private readonly FalconCounters _counters = new();
    private readonly DaemonFigures _figures;

    public DaemonFiguresTests()
    {
        _limiter = new RateLimiter(RateLimit.Small, _time);
        _figures = new DaemonFigures(_time, _counters, _limiter);
    }

    [Fact]
    public void A_failure_degrades_five_are_not_ready_a_success_heals()
    {
        _figures.Ready(success => success.AddHours(5)).ShouldBeTrue();
        for (var i = 0; i < 4; i++)
        {
            _figures.Record(Run(RunResult.Partial));
        }

        _figures.Ready(success => success.AddHours(5)).ShouldBeTrue();
        Json(DaemonJson.WriteReady).GetProperty("status").GetString().ShouldBe("degraded");
        _figures.Record(Run(RunResult.Failed));
        _figures.Ready(success => success.AddHours(5)).ShouldBeFalse();
        Json(DaemonJson.WriteReady).GetProperty("error_message").GetString().ShouldBe("broken");
        _figures.Record(Run(RunResult.Complete));
        _figures.Ready(success => success.AddHours(5)).ShouldBeTrue();
    }

    [Fact]
    public void Nights_and_weekends_without_a_slot_make_no_daemon_unready_and_two_missed_slots_do()
    {
        var officeHours = CronSchedule.Parse("0 8-18 * * 1-5");
        var friday = new DateTimeOffset(2026, 3, 6, 18, 5, 0, TimeSpan.Zero);
        _time.Advance(friday - _time.GetUtcNow());
        _figures.Record(Run(RunResult.Complete) with { Ended = friday });
        for (; _time.GetUtcNow() < friday.AddHours(63).AddMinutes(50); _time.Advance(TimeSpan.FromMinutes(30)))
        {
            Ready().ShouldBeTrue($"{_time.GetUtcNow():u}");
        }

        _time.Advance(TimeSpan.FromMinutes(30));
        Ready().ShouldBeFalse("Monday's runs at eight and nine have both had their hour");

        bool Ready() => _figures.Ready(success => DaemonFigures.FreshUntil(officeHours, TimeZoneInfo.Utc, success));
    }

    [Fact]
    public void A_daemon_that_has_not_succeeded_for_too_long_or_stops_is_not_ready()
    {
        _figures.Record(Run(RunResult.Complete));
        _time.Advance(TimeSpan.FromHours(6));
        _figures.Ready(success => success.AddHours(5)).ShouldBeFalse();
        _figures.Ready(success => success.AddHours(7)).ShouldBeTrue();
        _figures.Stopping();
        _figures.Ready(success => success.AddHours(7)).ShouldBeFalse();
        Json(DaemonJson.WriteReady).GetProperty("status").GetString().ShouldBe("stopping");
    }

    [Fact]
    public void The_metrics_report_follows_its_schema_from_the_first_minute_on()
    {
        var schema = JsonElement.Parse(ReportSchemas.Text("metrics"));
        foreach (var result in (RunResult?[])[null, RunResult.Complete, RunResult.Failed])
        {
            if (result is { } known)
            {
                _figures.Record(Run(known));
                _counters.Request(FalconOperation.Firewall, System.Net.HttpStatusCode.OK);
            }

            SchemaCheck.Check(schema, Json((json, figures) => DaemonJson.WriteReport(json, figures, new ReportMetadata { Timestamp = Start, DatabaseType = "sqlite" }))).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Both_representations_of_metrics_tell_the_same()
    {
        _counters.Request(FalconOperation.Firewall, System.Net.HttpStatusCode.OK);
        _counters.Request(FalconOperation.Firewall, System.Net.HttpStatusCode.OK);
        _counters.Request(FalconOperation.Devices, null);
        _counters.Retried(AttemptOutcome.Throttled);
        _limiter.Succeeded(4321);
        _figures.Record(
            Run(RunResult.Complete),
            [new TypeAudit(PolicyType.Firewall, [], [], null)],
            [new WrittenReport("host-details", "/x", 77)]);
        _figures.Record(Run(RunResult.Failed));
        var text = DaemonMetrics.Render(_figures.Snapshot());
        string[] lines =
        [
            "falcon_audit_runs_total{result=\"success\"} 1", "falcon_audit_runs_total{result=\"failure\"} 1", "falcon_audit_hosts{state=\"failed\"} 3",
            "falcon_audit_policies{type=\"firewall\",state=\"passed\"} 0", "falcon_audit_run_duration_seconds_bucket{le=\"30\"} 0", "falcon_audit_run_duration_seconds_bucket{le=\"60\"} 2",
            "falcon_audit_run_duration_seconds_bucket{le=\"+Inf\"} 2", "falcon_audit_run_duration_seconds_sum 120", "falcon_audit_run_duration_seconds_count 2",
            "falcon_audit_http_requests_total{operation=\"queryCombinedFirewallPolicies\",code=\"200\"} 2", "falcon_audit_http_requests_total{operation=\"CombinedDevicesByFilter\",code=\"0\"} 1",
            "falcon_audit_http_retries_total{reason=\"throttled\"} 1", "falcon_audit_ratelimit_remaining 4321", "falcon_audit_report_bytes{type=\"host-details\"} 77",
        ];
        lines.ShouldBeSubsetOf(text.Split('\n'));
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            PrometheusLine().IsMatch(line).ShouldBeTrue(line);
        }

        // Every family is announced once, and before its samples.
        text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).ShouldBeUnique();
        var json = Json(DaemonJson.WriteMetrics);
        json.GetProperty("total_runs").GetInt64().ShouldBe(2);
        json.GetProperty("http_requests").GetProperty("queryCombinedFirewallPolicies").GetProperty("200").GetInt64().ShouldBe(2);
        json.GetProperty("last_run").GetProperty("error_message").GetString().ShouldBe("broken");
    }

    public void Dispose() => _limiter.Dispose();

    private static StoredRun Run(RunResult result) => new()
    {
        Started = Start,
        Ended = Start.AddMinutes(1),
        Result = result,
        Policies = new PolicySummary(3, 2, 1, 0, 9, 1),
        Hosts = new HostCounts(10, 7, 3),
        ApiCalls = 20,
        ApiErrors = 1,
        Message = result == RunResult.Complete ? "" : "broken",
    };

    private JsonElement Json(Action<Utf8JsonWriter, DaemonSnapshot> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json, _figures.Snapshot());
        }

        return JsonElement.Parse(stream.ToArray());
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.E+-]+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PrometheusLine();
}
