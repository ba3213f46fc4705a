using System.Text.Json;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Scheduling;
using Comptroller.Falcon.Store;
using Comptroller.Falcon.Tests.Reports;

namespace Comptroller.Falcon.Tests.Daemon;

public sealed class DaemonTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 10, 0, TimeSpan.Zero);
    private readonly VirtualTime _time = new(Start);

    [Fact]
    public void Slots_that_pass_during_a_long_run_collapse_into_one()
    {
        var plan = new DaemonPlan(new FalconConfig { FetchAndGrade = CronSchedule.Parse("*/30 * * * *"), Metrics = CronSchedule.Parse("@daily") }, Start);
        plan.Due(Start).ShouldBeNull();
        plan.Due(Start.AddMinutes(20)).ShouldBe(DaemonTask.FetchAndGrade);
        plan.Ran(DaemonTask.FetchAndGrade, Start.AddHours(3));
        plan[DaemonTask.FetchAndGrade].ShouldBe(Start.AddHours(3).AddMinutes(20));
        plan.Soonest.ShouldBe(plan[DaemonTask.FetchAndGrade]);
    }

    [Fact]
    public void A_failure_degrades_five_are_not_ready_a_success_heals()
    {
        var figures = new DaemonFigures(_time);
        figures.Ready(TimeSpan.FromHours(5)).ShouldBeTrue();
        for (var i = 0; i < 4; i++)
        {
            figures.Record(Run(RunResult.Partial));
        }

        figures.Ready(TimeSpan.FromHours(5)).ShouldBeTrue();
        Json(figures.WriteReady).GetProperty("status").GetString().ShouldBe("degraded");
        figures.Record(Run(RunResult.Failed));
        figures.Ready(TimeSpan.FromHours(5)).ShouldBeFalse();
        Json(figures.WriteReady).GetProperty("error_message").GetString().ShouldBe("broken");
        figures.Record(Run(RunResult.Complete));
        figures.Ready(TimeSpan.FromHours(5)).ShouldBeTrue();
    }

    [Fact]
    public void A_daemon_that_has_not_succeeded_for_too_long_is_not_ready()
    {
        var figures = new DaemonFigures(_time);
        figures.Record(Run(RunResult.Complete));
        _time.Advance(TimeSpan.FromHours(6));
        figures.Ready(TimeSpan.FromHours(5)).ShouldBeFalse();
    }

    [Fact]
    public void Metrics_follow_their_schema_and_their_text_format()
    {
        var figures = new DaemonFigures(_time);
        using var limiter = new RateLimiter(RateLimit.Small, _time);
        var schema = JsonElement.Parse(ReportSchemas.Text("metrics"));
        foreach (var result in (RunResult?[])[null, RunResult.Complete, RunResult.Failed])
        {
            if (result is { } known)
            {
                figures.Record(Run(known));
            }

            SchemaCheck.Check(schema, Json(json =>
            {
                json.WriteStartObject();
                new ReportMetadata { Timestamp = Start, DatabaseType = "sqlite" }.WriteTo(json, "metrics");
                figures.WriteMetrics(json, limiter.Counts);
                json.WriteEndObject();
            })).ShouldBeEmpty();
        }

        var text = figures.Prometheus(limiter.Counts);
        text.ShouldContain("falcon_audit_runs_total{result=\"failure\"} 1\n");
        text.ShouldContain("falcon_audit_hosts{state=\"failed\"} 3\n");
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(line => line.StartsWith("# ", StringComparison.Ordinal) || line.Contains(' ', StringComparison.Ordinal));
    }

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

    private static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        return JsonElement.Parse(stream.ToArray());
    }
}
