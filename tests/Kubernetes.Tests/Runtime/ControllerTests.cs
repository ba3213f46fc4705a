using System.Collections.Concurrent;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class ControllerTests : IReconciler<Widget>, IFailureReporter<Widget>, IForgetter, IDisposable
{
    private readonly TestContext context = new();
    private readonly PrometheusExporter exporter;
    private readonly CancellationTokenSource draining = new();
    private readonly CancellationTokenSource abort = new();
    private readonly Informer<Widget> widgets;
    private readonly ConcurrentQueue<Widget> runs = [];
    private readonly ConcurrentQueue<(ObjectMeta Metadata, Widget? Resource, Exception Failure)> reports = [];
    private readonly ConcurrentQueue<string> forgotten = [];
    private Func<Widget, CancellationToken, Task<Outcome>> behaviour = (_, _) => Task.FromResult(Outcome.Done);
    private Controller<Widget>? controller;
    private Task running = Task.CompletedTask;

    public ControllerTests()
    {
        exporter = new PrometheusExporter(meter => meter == context.Metrics.Meter);
        widgets = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), context.Runtime);
    }

    public void Dispose()
    {
        abort.Cancel();
        controller?.Dispose();
        draining.Dispose();
        abort.Dispose();
        exporter.Dispose();
        context.Dispose();
    }

    Task<Outcome> IReconciler<Widget>.ReconcileAsync(Widget resource, CancellationToken cancellationToken)
    {
        runs.Enqueue(resource);
        return behaviour(resource, cancellationToken);
    }

    Task IFailureReporter<Widget>.ReportFailureAsync(ObjectMeta metadata, Widget? resource, Exception failure, CancellationToken cancellationToken)
    {
        reports.Enqueue((metadata, resource, failure));
        return Task.CompletedTask;
    }

    void IForgetter.Forget(ObjectMeta metadata) => forgotten.Enqueue(metadata.Uid!);

    [Fact]
    public async Task L1_the_reconciler_sees_the_resource_as_it_is_now()
    {
        Start();
        Set(Widget.Of("a", "1", size: 1));
        await RunsAsync(1);
        Set(Widget.Of("a", "2", generation: 2, size: 2));
        await RunsAsync(2);
        runs.Last().Spec!.Size.ShouldBe(2);
    }

    [Fact]
    public async Task L5_a_reconcile_that_throws_is_retried_and_takes_no_worker_with_it()
    {
        var failures = 0;
        behaviour = (_, _) => Interlocked.Increment(ref failures) <= 3 ? throw new InvalidOperationException("bug") : Task.FromResult(Outcome.Done);
        Start(workers: 1);
        Set(Widget.Of("a", "1"));
        await context.Time.AdvanceUntilAsync(() => runs.Count == 4, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(5);
        await MetricAsync("controller_runtime_reconcile_errors_total{controller=\"widget\"} 3");
        await MetricAsync("controller_runtime_reconcile_panics_total{controller=\"widget\"} 3");
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"success\"} 2");
        reports.Count.ShouldBe(3);
    }

    [Fact]
    public async Task L4_a_reconcile_that_takes_too_long_is_cancelled_counted_and_retried()
    {
        behaviour = async (_, token) =>
        {
            if (runs.Count == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        context.Time.Advance(TimeSpan.FromMinutes(5));
        await context.Time.AdvanceUntilAsync(() => runs.Count == 2, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        await MetricAsync("controller_runtime_reconcile_timeouts_total{controller=\"widget\"} 1");
        reports.Single().Failure.ShouldBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task L8_a_conflict_is_retried_quietly_and_counted_apart()
    {
        behaviour = (_, _) => runs.Count == 1 ? throw FakeKubeClient.Error(409, "Conflict") : Task.FromResult(Outcome.Done);
        Start();
        Set(Widget.Of("a", "1"));
        await context.Time.AdvanceUntilAsync(() => runs.Count == 2, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        await MetricAsync("comptroller_reconcile_conflicts_total{controller=\"widget\"} 1");
        await MetricAsync("controller_runtime_reconcile_errors_total{controller=\"widget\"} 0");
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue\"} 1");
        reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task Q12_a_terminal_failure_is_reported_and_not_retried_until_something_changes()
    {
        behaviour = (_, _) => throw new TerminalException("InvalidSpec", "rules[3]: no such level");
        Start();
        Set(Widget.Of("a", "1"));
        await Settle.UntilAsync(() => reports.Count == 1);
        reports.Single().Failure.ShouldBeOfType<TerminalException>().Reason.ShouldBe("InvalidSpec");
        context.Time.Advance(TimeSpan.FromDays(1));
        await Settle.BrieflyAsync();
        runs.Count.ShouldBe(1);
        await MetricAsync("controller_runtime_terminal_reconcile_errors_total{controller=\"widget\"} 1");
        Set(Widget.Of("a", "2", generation: 2));
        await RunsAsync(2);
    }

    [Fact]
    public async Task R8_an_object_that_cannot_be_decoded_is_reported_as_stalled()
    {
        Start();
        ((IReflectorSink<Widget>)widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Added, null, Widget.Of("a", "1").Metadata, "spec.size: no number"));
        await Settle.UntilAsync(() => reports.Count == 1);
        var report = reports.Single();
        report.Resource.ShouldBeNull();
        report.Metadata.Name.ShouldBe("a");
        report.Failure.ShouldBeOfType<TerminalException>().Reason.ShouldBe(TerminalException.Undecodable);
        report.Failure.Message.ShouldContain("spec.size");
        runs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Q11_a_scheduled_run_comes_within_5_percent_and_no_status_event_cancels_it()
    {
        behaviour = (_, _) => Task.FromResult(Outcome.After(TimeSpan.FromMinutes(10)));
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        await Settle.UntilAsync(() => controller!.Queue.Waiting == 1);
        Set(Widget.Of("a", "2"));
        context.Time.Advance(TimeSpan.FromMinutes(9.4));
        await Settle.BrieflyAsync();
        runs.Count.ShouldBe(1, "a status change starts no run");
        context.Time.Advance(TimeSpan.FromMinutes(1.2));
        await RunsAsync(2);
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue_after\"} 2");
    }

    [Fact]
    public async Task L3_a_resource_that_is_gone_is_forgotten_with_its_pending_runs()
    {
        behaviour = (_, _) => Task.FromResult(Outcome.After(TimeSpan.FromMinutes(10)));
        Start();
        Set(Widget.Of("a", "1"));
        await Settle.UntilAsync(() => controller!.Queue.Waiting == 1);
        ((IReflectorSink<Widget>)widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Deleted, Widget.Of("a", "2"), Widget.Of("a", "2").Metadata));
        await Settle.UntilAsync(() => controller!.Queue.Waiting == 0);
        context.Time.Advance(TimeSpan.FromHours(1));
        await Settle.BrieflyAsync();
        runs.Count.ShouldBe(1);
    }

    [Fact]
    public void L3_the_reconciler_forgets_a_resource_when_it_is_gone_and_not_when_it_cannot_be_read()
    {
        Start();
        Set(Widget.Of("a", "1", uid: "first"));
        Set(Widget.Of("b", "1", uid: "unreadable"));
        ((IReflectorSink<Widget>)widgets).Apply(
            null, new WatchEvent<Widget>(WatchEventType.Modified, null, Widget.Of("b", "2", uid: "unreadable").Metadata, "spec.size: not a number"));
        forgotten.ShouldBeEmpty();
        Set(Widget.Of("a", "2", uid: "second"));
        forgotten.ShouldBe(["first"]);
        Deliver(widgets, WatchEventType.Deleted, Widget.Of("a", "3", uid: "second"));
        forgotten.ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task L3_what_a_run_remembers_of_a_resource_that_went_meanwhile_is_forgotten_after_it()
    {
        var gone = new TaskCompletionSource();
        behaviour = async (_, _) =>
        {
            await gone.Task;
            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1", uid: "first"));
        await RunsAsync(1);
        Deliver(widgets, WatchEventType.Deleted, Widget.Of("a", "2", uid: "first"));
        forgotten.Count.ShouldBe(1);
        gone.SetResult();
        await Settle.UntilAsync(() => forgotten.Count == 2, "forgotten again");
    }

    [Fact]
    public void L3_a_resource_that_could_not_be_read_is_forgotten_when_a_list_shows_it_gone()
    {
        controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, widgets, this, context.Runtime);
        var metadata = Widget.Of("b", "2", uid: "unreadable").Metadata;
        ((IReflectorSink<Widget>)widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Added, null, metadata, "spec.size: not a number"));
        forgotten.ShouldBeEmpty();
        ((IReflectorSink<Widget>)widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Deleted, null, metadata));
        forgotten.ShouldBe(["unreadable"]);
    }

    [Fact]
    public async Task Q7_one_key_is_never_reconciled_twice_at_once_and_Q15_workers_bound_the_rest()
    {
        var atOnce = new ConcurrentDictionary<string, int>();
        var most = 0;
        var overlaps = 0;
        var busy = 0;
        behaviour = async (widget, _) =>
        {
            overlaps += atOnce.AddOrUpdate(widget.Metadata.Name, 1, (_, count) => count + 1) > 1 ? 1 : 0;
            InterlockedMax(ref most, Interlocked.Increment(ref busy));
            await Task.Yield();
            Interlocked.Decrement(ref busy);
            atOnce.AddOrUpdate(widget.Metadata.Name, 0, (_, count) => count - 1);
            return Outcome.Done;
        };
        Start(workers: 3);
        for (var i = 1; i <= 500; i++)
        {
            Set(Widget.Of($"w{i % 5}", $"{i}", uid: $"u{i % 5}", generation: i));
        }

        await Settle.UntilAsync(() => controller!.Queue.Depth == 0 && busy == 0);
        overlaps.ShouldBe(0);
        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task C6_a_change_of_an_owned_object_runs_its_controlling_owner_and_one_that_loses_its_owner_runs_the_old_one()
    {
        var configs = new Informer<PartialObjectMetadata>(
            new ScriptedKubeClient<PartialObjectMetadata>(), KubernetesTypes.MetadataOf(Widget.Configs), new InformerOptions<PartialObjectMetadata>(), context.Runtime);
        Start(build: each => each.Owns(configs));
        Set(Widget.Of("a", "1"));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(2);
        var child = Child("c", "10", Owner("a", "tests.example.dev/v9"));
        Deliver(configs, WatchEventType.Added, child);
        await RunsAsync(3);
        runs.Last().Metadata.Name.ShouldBe("a", "the version of the owner reference does not matter");
        Deliver(configs, WatchEventType.Modified, Child("c", "11", Owner("b", "tests.example.dev/v1")));
        await RunsAsync(5);
        runs.TakeLast(2).Select(run => run.Metadata.Name).Order().ShouldBe(["a", "b"]);
        Deliver(configs, WatchEventType.Modified, Child("c", "12", Owner("b", "other.example.dev/v1")));
        await RunsAsync(6);
        Deliver(configs, WatchEventType.Deleted, Child("c", "13", Owner("b", "other.example.dev/v1")));
        await Settle.BrieflyAsync();
        runs.Count.ShouldBe(6, "another group's kind of the same name is not ours");
    }

    [Fact]
    public async Task C6_a_watched_object_runs_what_its_old_and_its_new_state_point_at()
    {
        var others = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), context.Runtime);
        Start(build: each => each.Watches(others, other => [new ObjectKey("default", $"w{other.Spec!.Size}")]));
        Set(Widget.Of("w1", "1"));
        Set(Widget.Of("w2", "2", uid: "u2"));
        await RunsAsync(2);
        Deliver(others, WatchEventType.Added, Widget.Of("o", "5", size: 1));
        await RunsAsync(3);
        Deliver(others, WatchEventType.Modified, Widget.Of("o", "6", size: 2));
        await RunsAsync(5);
        runs.Select(run => run.Metadata.Name).Count(name => name == "w1").ShouldBe(3);
    }

    [Fact]
    public async Task A_kind_whose_crd_comes_late_runs_every_resource_once_its_cache_fills()
    {
        var late = new Informer<PartialObjectMetadata>(
            new ScriptedKubeClient<PartialObjectMetadata>(), KubernetesTypes.MetadataOf(Widget.Configs),
            new InformerOptions<PartialObjectMetadata> { Required = false }, context.Runtime);
        Start(build: each => each.Owns(late));
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        ((IReflectorSink<PartialObjectMetadata>)late).Replace(null, new ObjectPage<PartialObjectMetadata>([], "9", null));
        await RunsAsync(2);
    }

    [Fact]
    public async Task Q13_draining_finishes_what_runs_and_takes_nothing_more()
    {
        var release = new TaskCompletionSource();
        behaviour = async (_, _) =>
        {
            await release.Task;
            return Outcome.Done;
        };
        Start(workers: 1);
        Set(Widget.Of("a", "1"));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(1);
        await draining.CancelAsync();
        await Settle.BrieflyAsync();
        running.IsCompleted.ShouldBeFalse();
        release.SetResult();
        await running.EndsAsync();
        runs.Count.ShouldBe(1);
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"success\"} 1");
    }

    [Fact]
    public async Task E4_an_abort_cancels_what_runs()
    {
        behaviour = async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        await abort.CancelAsync();
        await running.EndsAsync();
        reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task E7_a_standby_queues_and_runs_nothing()
    {
        controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, widgets, this, context.Runtime);
        Set(Widget.Of("a", "1"));
        await Settle.BrieflyAsync();
        runs.ShouldBeEmpty();
        controller.Queue.Depth.ShouldBe(1);
    }

    [Theory]
    [InlineData("nothing", false)]
    [InlineData("generation", true)]
    [InlineData("requestedAt", true)]
    [InlineData("forceAt", true)]
    [InlineData("deletion", true)]
    [InlineData("finalizers", true)]
    [InlineData("named label", true)]
    [InlineData("named annotation", true)]
    [InlineData("other label", false)]
    [InlineData("other annotation", false)]
    public void C7_a_run_is_wanted_for_what_the_controller_reads_and_not_for_its_own_status_writes(string change, bool wanted)
    {
        var old = Widget.Of("a", "1").Metadata;
        Dictionary<string, string> One(string key) => new() { [key] = "x" };
        var now = change switch
        {
            "generation" => old with { Generation = 2 },
            "requestedAt" => old with { Annotations = One("reconcile.fluxcd.io/requestedAt") },
            "forceAt" => old with { Annotations = One("reconcile.fluxcd.io/forceAt") },
            "deletion" => old with { DeletionTimestamp = DateTimeOffset.UnixEpoch },
            "finalizers" => old with { Finalizers = ["x/y"] },
            "named label" => old with { Labels = One("mine") },
            "named annotation" => old with { Annotations = One("mine") },
            "other label" => old with { Labels = One("theirs") },
            "other annotation" => old with { Annotations = One("theirs") },
            _ => old,
        };
        ChangeFilter.WantsRun(old, now with { ResourceVersion = "2" }, ["mine"], ["mine"]).ShouldBe(wanted);
    }

    [Fact]
    public void Every_label_set_of_a_controller_starts_at_zero()
    {
        controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, widgets, this, context.Runtime);
        var text = exporter.Render();
        foreach (var result in new[] { "success", "error", "requeue", "requeue_after" })
        {
            text.ShouldContain($"controller_runtime_reconcile_total{{controller=\"widget\",result=\"{result}\"}} 0\n");
        }

        text.ShouldContain("controller_runtime_reconcile_errors_total{controller=\"widget\"} 0\n");
        text.ShouldContain("controller_runtime_max_concurrent_reconciles{controller=\"widget\"} 4\n");
        text.ShouldContain("workqueue_depth{controller=\"widget\",name=\"widget\",priority=\"\"} 0\n");
        text.ShouldContain("workqueue_adds_total{controller=\"widget\",name=\"widget\"} 0\n");
    }

    private void Start(int workers = 4, Action<Controller<Widget>>? build = null)
    {
        controller = new Controller<Widget>(
            new ControllerOptions { Name = "widget", MaxConcurrentReconciles = workers }, widgets, this, context.Runtime);
        build?.Invoke(controller);
        running = Task.Run(() => controller.RunAsync(draining.Token, abort.Token));
    }

    private void Set(Widget widget) => Deliver(widgets, WatchEventType.Modified, widget);

    private static void Deliver<T>(Informer<T> informer, WatchEventType type, T item)
        where T : class, IKubernetesObject =>
        ((IReflectorSink<T>)informer).Apply(null, new WatchEvent<T>(type, item, item.Metadata));

    private Task RunsAsync(int count) => Settle.UntilAsync(() => runs.Count >= count, $"{count} runs");

    private Task MetricAsync(string line) => Settle.UntilAsync(() => exporter.Render().Contains(line + "\n", StringComparison.Ordinal), line);

    private static OwnerReference Owner(string name, string apiVersion) =>
        new() { ApiVersion = apiVersion, Kind = "Widget", Name = name, Uid = "u", Controller = true };

    private static PartialObjectMetadata Child(string name, string version, OwnerReference owner) =>
        new() { Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = "c", ResourceVersion = version, OwnerReferences = [owner] } };

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
