using System.Collections.Concurrent;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class ControllerHostTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private readonly ManualTimeProvider time = new();
    private readonly Diagnostics.CapturedLogs logs = new();
    private readonly Comptroller.Kubernetes.Diagnostics.RuntimeMetrics metrics = new();
    private readonly RuntimeContext context;
    private readonly FakeKubeClient server = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<string> story = [];
    private readonly ControllerHost host;

    public ControllerHostTests()
    {
        context = new RuntimeContext(time, logs.Factory, metrics);
        host = new ControllerHost(new ControllerHostOptions(), context);
    }

    public void Dispose()
    {
        stop.Dispose();
        metrics.Dispose();
        logs.Dispose();
    }

    [Fact]
    public async Task Caches_come_before_election_and_election_before_controllers()
    {
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story), Elector("a"));
        await Settle.UntilAsync(() => story.Contains("cache runs"));
        server.Calls.ShouldBeEmpty();
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        server.Find(KubernetesTypes.Leases, "system", "lock").ShouldNotBeNull();
        await stop.CancelAsync();
        (await running.EndsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task SIGTERM_mid_reconcile_lets_it_finish_then_stops_caches_then_releases_and_exits_0()
    {
        var cache = new FakeCache(story);
        var controller = new FakeController(story) { Finish = new TaskCompletionSource() };
        var running = Start(cache, controller, Elector("a"));
        await Settle.UntilAsync(() => story.Contains("cache runs"));
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        await stop.CancelAsync();
        await Settle.UntilAsync(() => story.Contains("controller drains"));
        host.Readiness.Run("readyz", "shutdown", false)!.Value.Healthy.ShouldBeFalse();
        await Settle.BrieflyAsync();
        Holder().ShouldBe("a", "rule E5: not before the workers have stopped");
        controller.Finish.SetResult();
        (await running.EndsAsync()).ShouldBe(0);
        Holder().ShouldBe("");
        story.ShouldBe(["cache runs", "controller runs", "controller drains", "controller ends", "cache ends"]);
    }

    [Fact]
    public async Task A_reconcile_that_outlives_the_grace_is_cancelled_and_the_lease_released_after_it()
    {
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story) { Finish = new TaskCompletionSource() }, Elector("a"));
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        await stop.CancelAsync();
        await time.AdvanceUntilAsync(() => running.IsCompleted, Step, TimeSpan.FromMinutes(2));
        (await running).ShouldBe(0);
        story.ShouldContain("controller aborted");
        Holder().ShouldBe("");
    }

    [Fact]
    public async Task E4_a_lost_lease_cancels_everything_at_once_releases_nothing_and_exits_1()
    {
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story) { Finish = new TaskCompletionSource() }, Elector("a"));
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        server.FailBefore = _ => FakeKubeClient.Error(0, "ConnectionLost");
        await time.AdvanceUntilAsync(() => running.IsCompleted, Step, TimeSpan.FromSeconds(14));
        (await running).ShouldBe(1);
        story.ShouldContain("controller aborted");
        Holder().ShouldBe("a");
    }

    [Fact]
    public async Task CR_2719_a_standby_that_is_stopped_never_starts_leader_work()
    {
        server.Put(KubernetesTypes.Leases, """{"metadata":{"namespace":"system","name":"lock"},"spec":{"holderIdentity":"other","leaseDurationSeconds":15}}""");
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story), Elector("a"));
        cache.Fill();
        await Settle.UntilAsync(() => !server.Calls.IsEmpty);
        host.Readiness.Run("readyz", null, false)!.Value.Healthy.ShouldBeTrue("rule E7: a standby is ready");
        await stop.CancelAsync();
        (await running.EndsAsync()).ShouldBe(0);
        story.ShouldNotContain("controller runs");
        Holder().ShouldBe("other");
    }

    [Fact]
    public async Task R12_a_cache_that_ends_by_itself_is_a_fault_that_exits_1()
    {
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story), null);
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        cache.Break(new InvalidOperationException("broken"));
        (await running.EndsAsync()).ShouldBe(1);
        logs.Lines.ShouldContain(line => line.Level == LogLevel.Critical);
    }

    [Fact]
    public async Task R11_a_cache_that_does_not_fill_is_named_after_two_minutes_and_waited_for()
    {
        var cache = new FakeCache(story) { Problem = "not allowed to list widgets" };
        var running = Start(cache, new FakeController(story), null);
        host.Readiness.Run("readyz", null, false)!.Value.Text.ShouldContain("[-]cache-widgets.tests.example.dev failed: not allowed to list widgets");
        await time.AdvanceUntilAsync(() => logs.Lines.Any(line => line.Level == LogLevel.Error), Step, TimeSpan.FromMinutes(3));
        logs.Lines.Last(line => line.Level == LogLevel.Error).Text.ShouldContain("not allowed to list widgets");
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        await stop.CancelAsync();
        (await running.EndsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Recorded_events_are_written_before_the_end()
    {
        var recorder = new EventRecorder(server, "tests.example.dev/op", "pod-0", context);
        host.Use(recorder);
        var cache = new FakeCache(story);
        var running = Start(cache, new FakeController(story), null);
        cache.Fill();
        await Settle.UntilAsync(() => story.Contains("controller runs"));
        recorder.Normal(Widget.Type, Widget.Of("a", "1").Metadata, "Succeeded", "Reconcile", "applied");
        await stop.CancelAsync();
        (await running.EndsAsync()).ShouldBe(0);
        server.Writes.Count(call => call.Type.Plural == "events").ShouldBe(1);
    }

    private Task<int> Start(FakeCache cache, FakeController controller, LeaderElector? elector)
    {
        host.Add(cache).Add(controller);
        if (elector is not null)
        {
            host.Use(elector);
        }

        return Task.Run(() => host.RunAsync(stop.Token));
    }

    private LeaderElector Elector(string identity) =>
        new(server, new LeaderElectionOptions { Namespace = "system", Name = "lock", Identity = identity }, context);

    private string? Holder() => (string?)server.Find(KubernetesTypes.Leases, "system", "lock")!["spec"]!["holderIdentity"];

    private sealed class FakeCache(ConcurrentQueue<string> story) : IInformer
    {
        private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ResourceType Type => Widget.Type;
        public bool Required => true;
        public bool HasSynced => synced.Task.IsCompleted;
        public Task Synced => synced.Task;
        public string? Problem { get; set; }
        public bool IsKindMissing => false;

        public void Fill()
        {
            Problem = null;
            synced.SetResult();
        }

        public void Break(Exception cause) => broken.SetException(cause);

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            story.Enqueue("cache runs");
            try
            {
                await broken.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                story.Enqueue("cache ends");
            }
        }
    }

    private sealed class FakeController(ConcurrentQueue<string> story) : IController
    {
        public string Name => "fake";

        /// <summary>What a running reconcile waits for after the drain; null: nothing runs.</summary>
        public TaskCompletionSource? Finish { get; set; }

        public async Task RunAsync(CancellationToken draining, CancellationToken abort)
        {
            story.Enqueue("controller runs");
            var drained = new TaskCompletionSource();
            await using var registration = draining.Register(drained.SetResult);
            await drained.Task;
            story.Enqueue("controller drains");
            try
            {
                await (Finish?.Task ?? Task.CompletedTask).WaitAsync(abort);
                story.Enqueue("controller ends");
            }
            catch (OperationCanceledException)
            {
                story.Enqueue("controller aborted");
            }
        }
    }
}
