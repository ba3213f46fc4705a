using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>What is left of a resource that is gone: nothing.</summary>
public sealed class ControllerForgettingTests : ControllerScene
{
    [Fact]
    public async Task L3_a_resource_that_is_gone_is_forgotten_with_its_pending_runs()
    {
        Behaviour = (_, _) => Task.FromResult(Outcome.After(TimeSpan.FromMinutes(10)));
        Start();
        Set(Widget.Of("a", "1"));
        await Settle.UntilAsync(() => Controller!.Queue.Waiting == 1);
        ((IReflectorSink<Widget>)Widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Deleted, Widget.Of("a", "2"), Widget.Of("a", "2").Metadata));
        await Settle.UntilAsync(() => Controller!.Queue.Waiting == 0);
        Context.Time.Advance(TimeSpan.FromHours(1));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(1);
    }

    [Fact]
    public void L3_the_reconciler_forgets_a_resource_when_it_is_gone_and_not_when_it_cannot_be_read()
    {
        Start();
        Set(Widget.Of("a", "1", uid: "first"));
        Set(Widget.Of("b", "1", uid: "unreadable"));
        ((IReflectorSink<Widget>)Widgets).Apply(
            null, new WatchEvent<Widget>(WatchEventType.Modified, null, Widget.Of("b", "2", uid: "unreadable").Metadata, "spec.size: not a number"));
        Forgotten.ShouldBeEmpty();
        Set(Widget.Of("a", "2", uid: "second"));
        Forgotten.ShouldBe(["first"]);
        Deliver(Widgets, WatchEventType.Deleted, Widget.Of("a", "3", uid: "second"));
        Forgotten.ShouldBe(["first", "second"]);
    }

    [Fact]
    public async Task L3_what_a_run_remembers_of_a_resource_that_went_meanwhile_is_forgotten_after_it()
    {
        var gone = new TaskCompletionSource();
        Behaviour = async (_, _) =>
        {
            await gone.Task;
            return Outcome.Done;
        };
        Start();
        Set(Widget.Of("a", "1", uid: "first"));
        await RunsAsync(1);
        Deliver(Widgets, WatchEventType.Deleted, Widget.Of("a", "2", uid: "first"));
        Forgotten.Count.ShouldBe(1);
        gone.SetResult();
        await Settle.UntilAsync(() => Forgotten.Count == 2, "forgotten again");
    }

    [Fact]
    public void L3_a_resource_that_could_not_be_read_is_forgotten_when_a_list_shows_it_gone()
    {
        Controller = new Controller<Widget>(new ControllerOptions { Name = "widget" }, Widgets, this, Context.Runtime);
        var metadata = Widget.Of("b", "2", uid: "unreadable").Metadata;
        ((IReflectorSink<Widget>)Widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Added, null, metadata, "spec.size: not a number"));
        Forgotten.ShouldBeEmpty();
        ((IReflectorSink<Widget>)Widgets).Apply(null, new WatchEvent<Widget>(WatchEventType.Deleted, null, metadata));
        Forgotten.ShouldBe(["unreadable"]);
    }
}
