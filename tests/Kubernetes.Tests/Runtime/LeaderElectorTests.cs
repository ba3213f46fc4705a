using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class LeaderElectorTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private readonly TestContext context = new();
    private readonly FakeKubeClient server = new();
    private readonly CancellationTokenSource stop = new();
    private readonly PrometheusExporter exporter;

    public LeaderElectorTests() => exporter = new PrometheusExporter(meter => meter == context.Metrics.Meter);

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        exporter.Dispose();
        context.Dispose();
    }

    [Theory]
    [InlineData(10, 10, 2)]
    [InlineData(15, 2, 2)]
    [InlineData(15, 10, 0)]
    public void E1_timings_that_cannot_work_are_refused(int lease, int renew, int retry)
    {
        var options = Options("a") with
        {
            LeaseDuration = TimeSpan.FromSeconds(lease),
            RenewDeadline = TimeSpan.FromSeconds(renew),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        };
        Should.Throw<ArgumentException>(() => new LeaderElector(server, options, context.Runtime));
    }

    [Fact]
    public void E1_two_processes_of_one_pod_have_different_identities()
    {
        LeaderElectionOptions.IdentityOf("pod-0").ShouldStartWith("pod-0_");
        LeaderElectionOptions.IdentityOf("pod-0").ShouldNotBe(LeaderElectionOptions.IdentityOf("pod-0"));
    }

    [Fact]
    public async Task The_first_candidate_creates_the_lease_and_leads()
    {
        var elector = Elector("a");
        await elector.AcquireAsync(stop.Token).EndsAsync();
        elector.IsLeading.ShouldBeTrue();
        var spec = Spec();
        ((string?)spec["holderIdentity"], (int?)spec["leaseDurationSeconds"], (int?)spec["leaseTransitions"]).ShouldBe(("a", 15, 0));
        ((string?)spec["renewTime"])!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$");
        exporter.Render().ShouldContain("leader_election_master_status{name=\"lock\"} 1\n");
    }

    [Theory]
    [InlineData("""{"metadata":{"namespace":"system","name":"lock"}}""")]
    [InlineData("""{"metadata":{"namespace":"system","name":"lock"},"spec":{}}""")]
    [InlineData("""{"metadata":{"namespace":"system","name":"lock"},"spec":{"holderIdentity":""}}""")]
    public async Task E5_a_lease_without_a_holder_is_free(string manifest)
    {
        server.Put(KubernetesTypes.Leases, manifest);
        var elector = Elector("a");
        await elector.AcquireAsync(stop.Token).EndsAsync();
        ((string?)Spec()["holderIdentity"]).ShouldBe("a");
    }

    [Fact]
    public async Task E3_a_renewal_is_one_put_and_a_failed_one_reads_before_it_judges()
    {
        var elector = Elector("a");
        await elector.AcquireAsync(stop.Token).EndsAsync();
        server.Calls.Clear();
        var holding = elector.HoldAsync(stop.Token);
        await context.Time.AdvanceUntilAsync(() => server.Calls.Count >= 3, Step, TimeSpan.FromSeconds(20));
        server.Calls.Take(3).Select(call => call.Verb).ShouldBe(["replace", "replace", "replace"]);
        var failed = false;
        server.FailBefore = call => call.Verb == "replace" && !failed && (failed = true) ? FakeKubeClient.Error(500, "InternalError") : null;
        server.Calls.Clear();
        await context.Time.AdvanceUntilAsync(() => server.Calls.Count >= 3, Step, TimeSpan.FromSeconds(20));
        server.Calls.Take(3).Select(call => call.Verb).ShouldBe(["replace", "get", "replace"]);
        exporter.Render().ShouldContain("leader_election_slowpath_total{name=\"lock\"} 1\n");
        holding.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task E2_X4_a_wall_clock_jump_neither_takes_nor_loses_the_lease()
    {
        var leader = Elector("a");
        await leader.AcquireAsync(stop.Token).EndsAsync();
        var holding = leader.HoldAsync(stop.Token);
        var standby = Elector("b");
        var waiting = standby.AcquireAsync(stop.Token);
        foreach (var jump in new[] { TimeSpan.FromDays(400), TimeSpan.FromDays(-800), TimeSpan.FromHours(3) })
        {
            context.Time.JumpWallClock(jump);
            for (var i = 0; i < 100; i++)
            {
                context.Time.Advance(Step);
                await Settle.BrieflyAsync();
            }

            holding.IsCompleted.ShouldBeFalse();
            waiting.IsCompleted.ShouldBeFalse();
            leader.IsLeading.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task E2_a_lease_is_taken_over_only_after_the_duration_its_holder_promised_since_it_last_changed()
    {
        server.Put(KubernetesTypes.Leases, """{"metadata":{"namespace":"system","name":"lock"},"spec":{"holderIdentity":"gone","leaseDurationSeconds":40,"renewTime":"2001-01-01T00:00:00.000000Z","leaseTransitions":7}}""");
        var started = context.Time.GetTimestamp();
        var waiting = Elector("a").AcquireAsync(stop.Token);
        await context.Time.AdvanceUntilAsync(() => waiting.IsCompleted, Step, TimeSpan.FromMinutes(2));
        context.Time.GetElapsedTime(started).TotalSeconds.ShouldBeInRange(40, 46);
        ((int?)Spec()["leaseTransitions"]).ShouldBe(8);
    }

    [Fact]
    public async Task E4_a_leader_cut_off_stops_at_the_renew_deadline_and_releases_nothing()
    {
        var leader = Elector("a");
        await leader.AcquireAsync(stop.Token).EndsAsync();
        var started = context.Time.GetTimestamp();
        server.Delay = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, token);
        var holding = leader.HoldAsync(stop.Token);
        await context.Time.AdvanceUntilAsync(() => holding.IsCompleted, Step, TimeSpan.FromSeconds(30));
        context.Time.GetElapsedTime(started).TotalSeconds.ShouldBeInRange(10, 10.5);
        leader.IsLeading.ShouldBeFalse();
        server.Delay = null;
        await leader.ReleaseAsync(default);
        ((string?)Spec()["holderIdentity"]).ShouldBe("a");
    }

    [Fact]
    public async Task E5_a_released_lease_is_taken_at_the_next_try()
    {
        var leader = Elector("a");
        await leader.AcquireAsync(stop.Token).EndsAsync();
        var waiting = Elector("b").AcquireAsync(stop.Token);
        await Settle.UntilAsync(() => context.Time.ArmedTimers > 0);
        await leader.ReleaseAsync(default);
        var spec = Spec();
        ((string?)spec["holderIdentity"], (int?)spec["leaseDurationSeconds"]).ShouldBe(("", 1));
        var started = context.Time.GetTimestamp();
        await context.Time.AdvanceUntilAsync(() => waiting.IsCompleted, Step, TimeSpan.FromSeconds(30));
        context.Time.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(3);
    }

    [Fact]
    public async Task E5_a_lease_whose_last_renewal_arrived_unheard_is_released_all_the_same()
    {
        var leader = Elector("a");
        await leader.AcquireAsync(stop.Token).EndsAsync();
        await server.MergePatchAsync(KubernetesTypes.Leases, "system", "lock", new JsonObject { ["spec"] = new JsonObject { ["leaseDurationSeconds"] = 16 } }, "a", default);
        await leader.ReleaseAsync(default);
        ((string?)Spec()["holderIdentity"]).ShouldBe("");
    }

    [Fact]
    public async Task E8_liveness_fails_for_a_leader_that_has_not_renewed_for_the_lease_and_20_seconds()
    {
        var leader = Elector("a");
        await leader.AcquireAsync(stop.Token).EndsAsync();
        context.Time.Advance(TimeSpan.FromSeconds(35));
        leader.Problem.ShouldBeNull();
        context.Time.Advance(TimeSpan.FromSeconds(1));
        leader.Problem.ShouldBe("leading without renewal for 36 s");
        leader.IsLeading.ShouldBeFalse();
    }

    [Fact]
    public async Task KC_1593_a_refused_lease_is_counted_and_tried_again()
    {
        server.FailBefore = _ => FakeKubeClient.Error(403, "Forbidden");
        var waiting = Elector("a").AcquireAsync(stop.Token);
        await context.Time.AdvanceUntilAsync(
            () => exporter.Render().Contains("comptroller_leader_election_errors_total{code=\"403\",name=\"lock\"} 2", StringComparison.Ordinal), Step, TimeSpan.FromSeconds(30));
        server.FailBefore = null;
        await context.Time.AdvanceUntilAsync(() => waiting.IsCompleted, Step, TimeSpan.FromSeconds(30));
    }

    /// <summary>
    /// X3. Two candidates, a seeded sequence of partitions of either or both, answers lost after the write took effect, and wall
    /// clocks jumping; whoever loses comes back. At no instant may both act.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task X3_two_candidates_under_partitions_never_lead_at_once(int seed)
    {
        var random = new Random(seed);
        var cut = new HashSet<string>();
        var lossy = new HashSet<string>();
        var candidates = new[] { new Candidate("a"), new Candidate("b") };
        var servers = candidates.ToDictionary(each => each.Name, each => new PartitionedClient(server, () => cut.Contains(each.Name), () => lossy.Contains(each.Name)));
        foreach (var candidate in candidates)
        {
            candidate.Run = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var elector = new LeaderElector(servers[candidate.Name], Options(candidate.Name), context.Runtime);
                    candidate.Elector = elector;
                    await elector.AcquireAsync(stop.Token);
                    Interlocked.Increment(ref candidate.Terms);
                    await elector.HoldAsync(stop.Token);
                }
            });
        }

        await Settle.UntilAsync(() => Array.TrueForAll(candidates, each => each.Elector is not null));
        for (var second = 0; second < 200; second++)
        {
            if (second % 5 == 0)
            {
                cut.Clear();
                lossy.Clear();
                foreach (var candidate in candidates)
                {
                    _ = random.Next(4) switch
                    {
                        0 => cut.Add(candidate.Name),
                        1 => lossy.Add(candidate.Name),
                        _ => false,
                    };
                }

                context.Time.JumpWallClock(TimeSpan.FromSeconds(random.Next(-100, 100)));
            }

            for (var step = 0; step < 2; step++)
            {
                context.Time.Advance(TimeSpan.FromMilliseconds(500));
                await Settle.BrieflyAsync();
                candidates.Count(each => each.Elector!.IsLeading).ShouldBeLessThanOrEqualTo(1, $"second {second}");
            }
        }

        cut.Clear();
        lossy.Clear();
        await context.Time.AdvanceUntilAsync(() => candidates.Any(each => each.Elector!.IsLeading), Step, TimeSpan.FromMinutes(2));
        candidates.Sum(each => each.Terms).ShouldBeGreaterThan(1, "the partitions must have moved the lease");
    }

    private LeaderElector Elector(string identity) => new(server, Options(identity), context.Runtime);

    private static LeaderElectionOptions Options(string identity) => new() { Namespace = "system", Name = "lock", Identity = identity };

    private System.Text.Json.Nodes.JsonNode Spec() => server.Find(KubernetesTypes.Leases, "system", "lock")!["spec"]!;

    private sealed class Candidate(string name)
    {
        public int Terms;

        public string Name { get; } = name;
        public LeaderElector? Elector { get; set; }
        public Task Run { get; set; } = Task.CompletedTask;
    }
}
