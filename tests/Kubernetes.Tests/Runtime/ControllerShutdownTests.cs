using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>Draining, aborting and standing by.</summary>
public sealed class ControllerShutdownTests : ControllerScene
{
    [Fact]
    public async Task Q13_draining_finishes_what_runs_and_takes_nothing_more()
    {
        var release = new TaskCompletionSource();
        Behaviour = async (_, _) =>
        {
            await release.Task;
            return Outcome.Done;
        };
        Start(workers: 1);
        Set(Widget.Of("a", "1"));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(1);
        await Draining.CancelAsync();
        await Settle.BrieflyAsync();
        Running.IsCompleted.ShouldBeFalse();
        release.SetResult();
        await Running.EndsAsync();
        Runs.Count.ShouldBe(1);
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"success\"} 1");
    }

    [Fact]
    public async Task E4_an_abort_cancels_what_runs()
    {
        Behaviour = async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        await Abort.CancelAsync();
        await Running.EndsAsync();
        Reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task E7_a_standby_queues_and_runs_nothing()
    {
        Controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, Widgets, this, Context.Runtime);
        Set(Widget.Of("a", "1"));
        await Settle.BrieflyAsync();
        Runs.ShouldBeEmpty();
        Controller.Queue.Depth.ShouldBe(1);
    }
}
