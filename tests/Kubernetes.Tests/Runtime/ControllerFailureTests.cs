using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>Runs that throw, take too long or cannot start.</summary>
public sealed class ControllerFailureTests : ControllerScene
{
    [Fact]
    public async Task L5_a_reconcile_that_throws_is_retried_and_takes_no_worker_with_it()
    {
        var failures = 0;
        Behaviour = (_, _) => Interlocked.Increment(ref failures) <= 3 ? throw new InvalidOperationException("bug") : Task.FromResult(Outcome.Done);
        Start(workers: 1);
        Set(Widget.Of("a", "1"));
        await Context.Time.AdvanceUntilAsync(() => Runs.Count == 4, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(5);
        await MetricAsync("controller_runtime_reconcile_errors_total{controller=\"widget\"} 3");
        await MetricAsync("controller_runtime_reconcile_panics_total{controller=\"widget\"} 3");
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"success\"} 2");
        Reports.Count.ShouldBe(3);
    }

    [Fact]
    public async Task L4_a_reconcile_that_takes_too_long_is_cancelled_counted_and_retried()
    {
        Behaviour = async (_, token) =>
        {
            if (Runs.Count == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }

            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        Context.Time.Advance(TimeSpan.FromMinutes(5));
        await Context.Time.AdvanceUntilAsync(() => Runs.Count == 2, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        await MetricAsync("controller_runtime_reconcile_timeouts_total{controller=\"widget\"} 1");
        Reports.Single().Failure.ShouldBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task L8_a_conflict_is_retried_quietly_and_counted_apart()
    {
        Behaviour = (_, _) => Runs.Count == 1 ? throw FakeKubeClient.Error(409, "Conflict") : Task.FromResult(Outcome.Done);
        Start();
        Set(Widget.Of("a", "1"));
        await Context.Time.AdvanceUntilAsync(() => Runs.Count == 2, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        await MetricAsync("comptroller_reconcile_conflicts_total{controller=\"widget\"} 1");
        await MetricAsync("controller_runtime_reconcile_errors_total{controller=\"widget\"} 0");
        await MetricAsync("controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue\"} 1");
        Reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task Q12_a_terminal_failure_is_reported_and_not_retried_until_something_changes()
    {
        Behaviour = (_, _) => throw new TerminalException("InvalidSpec", "rules[3]: no such level");
        Start();
        Set(Widget.Of("a", "1"));
        await Settle.UntilAsync(() => Reports.Count == 1);
        Reports.Single().Failure.ShouldBeOfType<TerminalException>().Reason.ShouldBe("InvalidSpec");
        Context.Time.Advance(TimeSpan.FromDays(1));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(1);
        await MetricAsync("controller_runtime_terminal_reconcile_errors_total{controller=\"widget\"} 1");
        Set(Widget.Of("a", "2", generation: 2));
        await RunsAsync(2);
    }

    [Fact]
    public async Task Q12_a_terminal_failure_that_could_not_be_told_is_told_again()
    {
        Behaviour = (_, _) => throw new TerminalException("InvalidSpec", "rules[3]: no such level");
        Reporting = () => Reports.Count <= 2 ? throw FakeKubeClient.Error(409, "Conflict") : Task.CompletedTask;
        Start();
        Set(Widget.Of("a", "1"));
        await Context.Time.AdvanceUntilAsync(() => Reports.Count == 3, TimeSpan.FromMilliseconds(5), TimeSpan.FromMinutes(1));
        Context.Time.Advance(TimeSpan.FromDays(1));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Q12_nobody_is_left_to_tell_of_a_resource_that_is_gone()
    {
        Behaviour = (_, _) => throw new TerminalException("InvalidSpec", "rules[3]: no such level");
        Reporting = () => throw FakeKubeClient.Error(404, "NotFound");
        Start();
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        Context.Time.Advance(TimeSpan.FromDays(1));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(1);
    }

    [Fact]
    public async Task R8_an_object_that_cannot_be_decoded_is_reported_as_stalled()
    {
        Start();
        ((IReflectorSink<Widget>)Widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Added, null, Widget.Of("a", "1").Metadata, "spec.size: no number"));
        await Settle.UntilAsync(() => Reports.Count == 1);
        var report = Reports.Single();
        report.Resource.ShouldBeNull();
        report.Metadata.Name.ShouldBe("a");
        report.Failure.ShouldBeOfType<TerminalException>().Reason.ShouldBe(TerminalException.Undecodable);
        report.Failure.Message.ShouldContain("spec.size");
        Runs.ShouldBeEmpty();
    }
}
