using System.Text.Json.Nodes;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Tests.Controllers;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Tests.Workloads;

/// <summary>Jobs by a clock that the test moves; the test is the kubelet.</summary>
public sealed class JobTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));
    private readonly Cluster _cluster;

    public JobTests() => _cluster = new Cluster(_clock, new WorkloadOptions(), typeof(PodRunner));

    private ServedResource Jobs => _cluster.Kind("batch", "jobs");

    private ServedResource Pods => _cluster.Kind("", "pods");

    private JsonNode Status => _cluster.Find(Jobs, "audit")!["status"]!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_Job_is_complete_when_its_pod_has_succeeded()
    {
        Create("");
        await _cluster.UntilAsync(() => Count("active") == 1);
        ((string)Status["startTime"]!).ShouldBe("2026-03-01T10:00:00Z");
        var pod = _cluster.All(Pods).ShouldHaveSingleItem();
        ((string)pod["metadata"]!["name"]!).ShouldStartWith("audit-");
        ((string)pod["metadata"]!["labels"]!["batch.kubernetes.io/job-name"]!).ShouldBe("audit");
        ((string)pod["metadata"]!["ownerReferences"]![0]!["name"]!).ShouldBe("audit");
        _clock.Advance(TimeSpan.FromSeconds(9));
        End(pod, 0);
        await _cluster.UntilAsync(() => Says("Complete"));
        Status.ToJsonString().ShouldBe(
            """
            {"ready":0,"terminating":0,"uncountedTerminatedPods":{},"succeeded":1,"startTime":"2026-03-01T10:00:00Z","conditions":[{"type":"SuccessCriteriaMet","status":"True","lastTransitionTime":"2026-03-01T10:00:09Z","reason":"CompletionsReached","message":"Reached expected number of succeeded pods","lastProbeTime":"2026-03-01T10:00:09Z"},{"type":"Complete","status":"True","lastTransitionTime":"2026-03-01T10:00:09Z","reason":"CompletionsReached","message":"Reached expected number of succeeded pods","lastProbeTime":"2026-03-01T10:00:09Z"}],"completionTime":"2026-03-01T10:00:09Z"}
            """);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Single()["metadata"]!["finalizers"] is null);
    }

    [Fact]
    public async Task A_failed_pod_is_followed_by_another_after_ever_longer_pauses_until_there_were_too_many()
    {
        Create("\"backoffLimit\": 2");
        var ends = new List<DateTimeOffset>();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await _cluster.UntilAsync(_clock, () => _cluster.All(Pods).Count == attempt);
            ends.Add(_clock.GetUtcNow());
            End(_cluster.All(Pods).Single(pod => (string)pod["status"]!["phase"]! == "Pending"), 1);
        }
        await _cluster.UntilAsync(() => Says("Failed"));
        (ends[1] - ends[0]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(10));
        (ends[2] - ends[1]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(20));
        Count("failed").ShouldBe(3);
        Condition("Failed")["reason"]!.ToString().ShouldBe("BackoffLimitExceeded");
        Condition("FailureTarget")["message"]!.ToString().ShouldBe("Job has reached the specified backoff limit");
        Status["completionTime"].ShouldBeNull();
    }

    [Fact]
    public async Task A_Job_that_takes_too_long_fails_once_its_pod_is_gone()
    {
        Create("\"activeDeadlineSeconds\": 60");
        await _cluster.UntilAsync(() => Count("active") == 1);
        _clock.Advance(TimeSpan.FromSeconds(60));
        await _cluster.UntilAsync(_clock, () => Says("FailureTarget"));
        Says("Failed").ShouldBeFalse("its pod is still on its way out");
        Count("terminating").ShouldBe(1);
        End(_cluster.All(Pods).Single(), 143);
        await _cluster.UntilAsync(() => Says("Failed"));
        Condition("Failed")["reason"]!.ToString().ShouldBe("DeadlineExceeded");
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 0);
    }

    [Fact]
    public async Task Several_completions_are_worked_off_so_many_at_a_time()
    {
        Create("\"completions\": 3, \"parallelism\": 2");
        for (var left = 3; left > 0; left--)
        {
            await _cluster.UntilAsync(() => Count("active") == Math.Min(2, left));
            End(_cluster.All(Pods).First(pod => (string)pod["status"]!["phase"]! == "Pending"), 0);
            await _cluster.UntilAsync(() => Count("succeeded") == 4 - left);
        }
        await _cluster.UntilAsync(() => Says("Complete"));
        _cluster.All(Pods).Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_suspended_Job_has_no_pods_and_starts_anew_when_resumed()
    {
        Create("\"suspend\": true");
        await _cluster.UntilAsync(() => Says("Suspended"));
        Status["startTime"].ShouldBeNull();
        _cluster.All(Pods).ShouldBeEmpty();
        Suspend(false);
        await _cluster.UntilAsync(() => Count("active") == 1);
        Condition("Suspended")["reason"]!.ToString().ShouldBe("JobResumed");
        Suspend(true);
        await _cluster.UntilAsync(() => Count("terminating") == 1 && Status["startTime"] is null);
    }

    [Fact]
    public async Task A_finished_Job_is_deleted_with_its_pods_when_its_time_is_over()
    {
        Create("\"ttlSecondsAfterFinished\": 3600");
        await _cluster.UntilAsync(() => Count("active") == 1);
        End(_cluster.All(Pods).Single(), 0);
        await _cluster.UntilAsync(() => Says("Complete"));
        _clock.Advance(TimeSpan.FromSeconds(3590));
        _cluster.Find(Jobs, "audit").ShouldNotBeNull();
        await _cluster.UntilAsync(_clock, () => _cluster.Find(Jobs, "audit") is null);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 0);
    }

    [Fact]
    public async Task The_pods_of_a_deleted_Job_are_not_held()
    {
        Create("");
        await _cluster.UntilAsync(() => Count("active") == 1);
        _cluster.Store.TryRemove(Jobs.Storage, _cluster.Store.Get(Jobs.Storage, "default", "audit")!, out _).ShouldBeTrue();
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 0);
    }

    [Fact]
    public async Task A_pod_that_somebody_deletes_is_counted_and_replaced()
    {
        Create("");
        await _cluster.UntilAsync(() => Count("active") == 1);
        var pod = _cluster.Store.Snapshot(Pods.Storage).Objects.Single();
        new ObjectWriter(_cluster.Store, _clock).Delete(Pods, pod);
        End(_cluster.All(Pods).Single(each => (string)each["metadata"]!["name"]! == pod.Name), 143);
        await _cluster.UntilAsync(() => Count("failed") == 1);
        await _cluster.UntilAsync(_clock, () => _cluster.All(Pods) is [var next] && (string)next["metadata"]!["name"]! != pod.Name);
    }

    [Fact]
    public async Task An_indexed_Job_is_left_alone()
    {
        Create("\"completionMode\": \"Indexed\", \"completions\": 2");
        _cluster.Create(Jobs, Document("witness", ""));
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count > 0);
        ((string)_cluster.All(Pods).ShouldHaveSingleItem()["metadata"]!["name"]!).ShouldStartWith("witness-");
    }

    private bool Says(string condition) => Conditions().Any(each => (string)each!["type"]! == condition && (string)each["status"]! == "True");

    private JsonNode Condition(string type) => Conditions().Single(each => (string)each!["type"]! == type)!;

    private JsonArray Conditions() => Status["conditions"] as JsonArray ?? [];

    private long Count(string field) => (long?)Status[field] ?? 0;

    private void Create(string more) => _cluster.Create(Jobs, Document("audit", more));

    private string Document(string name, string more) =>
        $$"""
        {"metadata": {"name": "{{name}}", "namespace": "default", "creationTimestamp": "{{Times.Format(_clock.GetUtcNow())}}"},
         "spec": { {{(more.Length > 0 ? more + "," : "")}} "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "tool"}] } } } }
        """;

    private void Suspend(bool value) => Replace(Jobs, "audit", content => content["spec"]!["suspend"] = value);

    private void End(JsonObject pod, int exitCode) =>
        Replace(Pods, (string)pod["metadata"]!["name"]!, content => PodStatus.Ended(content, _clock, exitCode, _clock.GetUtcNow(), ""));

    // Controllers write too: whoever comes second tries again.
    private void Replace(ServedResource kind, string name, Action<JsonObject> change) =>
        new ObjectWriter(_cluster.Store, _clock).Change(kind, _cluster.Store.Get(kind.Storage, "default", name).ShouldNotBeNull(), "test", null, content =>
        {
            change(content);
            return true;
        });
}
