using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Tests.Controllers;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Tests.Workloads;

/// <summary>CronJobs by a clock that the test moves; Jobs end when the test says so.</summary>
public sealed class CronJobTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 1, 10, 30, 0, TimeSpan.Zero));
    private readonly Cluster _cluster;

    public CronJobTests() => _cluster = new Cluster(_clock, new WorkloadOptions(), typeof(JobController), typeof(PodRunner));

    private ServedResource CronJobs => _cluster.Kind("batch", "cronjobs");

    private ServedResource Jobs => _cluster.Kind("batch", "jobs");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_job_is_made_when_the_schedule_fires_and_the_status_follows_it()
    {
        Create("\"timeZone\": \"Asia/Tokyo\"");
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count == 1);
        var job = _cluster.All(Jobs).Single();
        ((string)job["metadata"]!["name"]!).ShouldBe("audit-29539380", "the minutes since 1970 of the firing");
        ((string)job["metadata"]!["annotations"]!["batch.kubernetes.io/cronjob-scheduled-timestamp"]!).ShouldBe("2026-03-01T20:00:00+09:00");
        ((string)job["metadata"]!["labels"]!["tier"]!).ShouldBe("night");
        ((string)job["metadata"]!["ownerReferences"]![0]!["kind"]!).ShouldBe("CronJob");
        ((long)job["metadata"]!["generation"]!).ShouldBe(1);
        await _cluster.UntilAsync(() => Status["active"] is JsonArray { Count: 1 });
        ((string)Status["lastScheduleTime"]!).ShouldBe("2026-03-01T11:00:00Z");
        ((string)Status["active"]![0]!["name"]!).ShouldBe("audit-29539380");

        End("audit-29539380", "Complete");
        await _cluster.UntilAsync(() => Status["active"] is null && Status["lastSuccessfulTime"] is not null);
    }

    [Theory]
    [InlineData("Forbid", 1)]
    [InlineData("Allow", 2)]
    public async Task A_second_run_waits_for_the_first_only_where_that_is_asked_for(string policy, int jobs)
    {
        Create($"\"concurrencyPolicy\": \"{policy}\"");
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count == 1);
        await AdvanceAsync(TimeSpan.FromHours(1), () => _cluster.All(Jobs).Count == jobs && (policy == "Forbid" || LastSchedule == "2026-03-01T12:00:00Z"));
        // Forbid leaves the schedule unmet, and meets it as soon as nothing is in the way.
        End("audit-29539380", "Failed");
        await _cluster.UntilAsync(() => LastSchedule == "2026-03-01T12:00:00Z");
        _cluster.All(Jobs).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_run_that_is_replaced_is_deleted()
    {
        Create("\"concurrencyPolicy\": \"Replace\"");
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count == 1);
        await AdvanceAsync(TimeSpan.FromHours(1), () => LastSchedule == "2026-03-01T12:00:00Z");
        ((string)_cluster.All(Jobs).ShouldHaveSingleItem()["metadata"]!["name"]!).ShouldBe("audit-29539440");
    }

    [Fact]
    public async Task A_run_that_would_start_too_late_is_skipped_and_of_several_missed_ones_the_last_is_made_up_for()
    {
        Create("\"suspend\": true, \"startingDeadlineSeconds\": 120");
        _clock.Advance(TimeSpan.FromHours(5) + TimeSpan.FromMinutes(40));
        Change("suspend", false);
        Change("schedule", "*/5 * * * *");
        await _cluster.UntilAsync(() => LastSchedule.Length > 0);
        LastSchedule.ShouldBe("2026-03-01T16:10:00Z");
        _cluster.All(Jobs).Count.ShouldBe(1, "neither 12:00 nor any of the others is made up for");
    }

    [Fact]
    public async Task Nothing_fires_while_suspended()
    {
        Create("\"suspend\": true");
        _cluster.Create(CronJobs, Document("witness", ""));
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count > 0);
        ((string)_cluster.All(Jobs).ShouldHaveSingleItem()["metadata"]!["name"]!).ShouldStartWith("witness-");
    }

    [Fact]
    public async Task The_oldest_finished_Jobs_are_deleted_beyond_the_limits()
    {
        Create("\"successfulJobsHistoryLimit\": 1, \"failedJobsHistoryLimit\": 0");
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count == 1);
        End("audit-29539380", "Complete");
        await AdvanceAsync(TimeSpan.FromHours(1), () => _cluster.Find(Jobs, "audit-29539440") is not null);
        End("audit-29539440", "Failed");
        await AdvanceAsync(TimeSpan.FromHours(1), () => _cluster.Find(Jobs, "audit-29539500") is not null);
        End("audit-29539500", "Complete");
        await _cluster.UntilAsync(() => _cluster.All(Jobs).Count == 1);
        _cluster.Find(Jobs, "audit-29539500").ShouldNotBeNull();
    }

    [Fact]
    public async Task The_Jobs_of_a_deleted_CronJob_are_deleted()
    {
        Create("");
        await AdvanceAsync(TimeSpan.FromMinutes(30), () => _cluster.All(Jobs).Count == 1);
        await _cluster.UntilAsync(() => Status["active"] is not null);
        _cluster.Store.TryRemove(CronJobs.Storage, _cluster.Store.Get(CronJobs.Storage, "default", "audit")!, out _).ShouldBeTrue();
        await _cluster.UntilAsync(() => _cluster.All(Jobs).Count == 0);
    }

    private JsonNode Status => _cluster.Find(CronJobs, "audit")!["status"]!;

    private string LastSchedule => (string?)Status["lastScheduleTime"] ?? "";

    private void Create(string more) => _cluster.Create(CronJobs, Document("audit", more));

    private string Document(string name, string more) =>
        $$"""
        {"metadata": {"name": "{{name}}", "namespace": "default", "creationTimestamp": "{{Times.Format(_clock.GetUtcNow())}}"},
         "spec": {"schedule": "0 * * * *", {{(more.Length > 0 ? more + "," : "")}} "jobTemplate": {"metadata": {"labels": {"tier": "night"} },
           "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "tool"}] } } } } } }
        """;

    private void Change(string field, JsonNode value) =>
        _cluster.Replace(CronJobs, _cluster.Store.Get(CronJobs.Storage, "default", "audit")!, content => content["spec"]![field] = value);

    private void End(string job, string condition)
    {
        var stored = _cluster.Store.Get(Jobs.Storage, "default", job).ShouldNotBeNull();
        var now = Times.Format(_clock.GetUtcNow());
        _cluster.Replace(Jobs, stored, content =>
        {
            content["status"]!["startTime"] = now;
            if (condition == "Complete")
            {
                content["status"]!["completionTime"] = now;
            }
            content["status"]!["conditions"] = new JsonArray(new JsonObject { ["type"] = condition, ["status"] = "True", ["lastTransitionTime"] = now });
        });
    }

    private Task AdvanceAsync(TimeSpan time, Func<bool> reached)
    {
        _clock.Advance(time);
        return _cluster.UntilAsync(_clock, reached);
    }
}
