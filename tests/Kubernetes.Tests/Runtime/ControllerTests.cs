using System.Collections.Concurrent;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>When runs start, how many at once, and what they see.</summary>
public sealed class ControllerTests : ControllerScene
{
    [Fact]
    public async Task L1_the_reconciler_sees_the_resource_as_it_is_now()
    {
        Start();
        Set(Widget.Of("a", "1", size: 1));
        await RunsAsync(1);
        Set(Widget.Of("a", "2", generation: 2, size: 2));
        await RunsAsync(2);
        Runs.Last().Spec!.Size.ShouldBe(2);
    }

    [Fact]
    public async Task Q11_a_scheduled_run_comes_within_5_percent_and_no_status_event_cancels_it()
    {
        Behaviour = (_, _) => Task.FromResult(Outcome.After(TimeSpan.FromMinutes(10)));
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        await Settle.UntilAsync(() => Controller!.Queue.Waiting == 1);
        Set(Widget.Of("a", "2"));
        Context.Time.Advance(TimeSpan.FromMinutes(9.4));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(1, "a status change starts no run");
        Context.Time.Advance(TimeSpan.FromMinutes(1.2));
        await RunsAsync(2);
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue_after\"} 2");
    }

    [Fact]
    public async Task Q7_one_key_is_never_reconciled_twice_at_once_and_Q15_workers_bound_the_rest()
    {
        var atOnce = new ConcurrentDictionary<string, int>();
        var most = 0;
        var overlaps = 0;
        var busy = 0;
        Behaviour = async (widget, _) =>
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

        await Settle.UntilAsync(() => Controller!.Queue.Depth == 0 && busy == 0);
        overlaps.ShouldBe(0);
        most.ShouldBeInRange(1, 3);
    }

    [Fact]
    public void Every_label_set_of_a_controller_starts_at_zero()
    {
        Controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, Widgets, this, Context.Runtime);
        var text = Exporter.Render();
        foreach (var result in new[] { "success", "error", "requeue", "requeue_after" })
        {
            text.ShouldContain($"controller_runtime_reconcile_total{{controller=\"widget\",result=\"{result}\"}} 0\n");
        }

        text.ShouldContain("controller_runtime_reconcile_errors_total{controller=\"widget\"} 0\n");
        text.ShouldContain("controller_runtime_max_concurrent_reconciles{controller=\"widget\"} 4\n");
        text.ShouldContain("workqueue_depth{controller=\"widget\",name=\"widget\",priority=\"\"} 0\n");
        text.ShouldContain("workqueue_adds_total{controller=\"widget\",name=\"widget\"} 0\n");
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
