using System.Text;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class EventRecorderTests : IDisposable
{
    private readonly TestContext context = new();
    private readonly FakeKubeClient server = new();
    private readonly CancellationTokenSource stop = new();
    private readonly EventRecorder recorder;

    public EventRecorderTests() => recorder = new EventRecorder(server, "tests.example.dev/op", "pod-0", context.Runtime);

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        context.Dispose();
    }

    [Fact]
    public async Task An_event_carries_all_that_events_k8s_io_requires()
    {
        _ = recorder.RunAsync(stop.Token);
        Record(Widget.Of("a", "1"));
        await WritesAsync(1);
        var call = server.Writes.Single();
        var body = call.Body!;
        (call.Verb, call.Namespace).ShouldBe(("create", "default"));
        ((string?)body["reason"], (string?)body["action"], (string?)body["type"], (string?)body["note"]).ShouldBe(("Succeeded", "Reconcile", "Normal", "applied"));
        ((string?)body["reportingController"], (string?)body["reportingInstance"]).ShouldBe(("tests.example.dev/op", "pod-0"));
        ((string?)body["eventTime"])!.ShouldMatch(@"\.\d{6}Z$");
        ((string?)body["regarding"]!["kind"], (string?)body["regarding"]!["name"], (string?)body["regarding"]!["uid"]).ShouldBe(("Widget", "a", "u1"));
        body["regarding"]!["resourceVersion"].ShouldBeNull();
        body["series"].ShouldBeNull();
    }

    [Fact]
    public async Task Repetitions_become_a_series_also_across_resource_versions_and_cost_one_patch_until_it_ends()
    {
        _ = recorder.RunAsync(stop.Token);
        for (var i = 1; i <= 5; i++)
        {
            Record(Widget.Of("a", $"{i}"));
            await Settle.BrieflyAsync();
        }

        await WritesAsync(2);
        server.Writes.Select(call => call.Verb).ShouldBe(["create", "mergepatch"]);
        ((int?)server.Writes.Last().Body!["series"]!["count"]).ShouldBe(2);
        await context.Time.AdvanceUntilAsync(() => server.Writes.Count() == 3, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        ((int?)server.Writes.Last().Body!["series"]!["count"]).ShouldBe(5);
        await Settle.UntilAsync(() => context.Time.ArmedTimers == 0, "a recorder without open series sets no timer");
        Record(Widget.Of("a", "9"));
        await WritesAsync(4);
        server.Writes.Last().Verb.ShouldBe("create");
    }

    [Fact]
    public async Task A_cluster_scoped_object_has_its_events_in_default()
    {
        _ = recorder.RunAsync(stop.Token);
        Record(Widget.Of("a", "1", @namespace: null));
        await WritesAsync(1);
        server.Writes.Single().Namespace.ShouldBe("default");
    }

    [Fact]
    public async Task One_noisy_object_gets_25_events_and_leaves_the_others_theirs()
    {
        for (var i = 0; i < 100; i++)
        {
            recorder.Warning(Widget.Type, Widget.Of("noisy", "1").Metadata, "Failed", "Reconcile", $"{i}");
        }

        recorder.Normal(Widget.Type, Widget.Of("calm", "1", uid: "u2").Metadata, "Succeeded", "Reconcile", "applied");
        recorder.Complete();
        await recorder.RunAsync(stop.Token).EndsAsync();
        server.Writes.Count(call => call.Verb == "create").ShouldBe(2);
        ((int?)server.Writes.Last(call => call.Verb == "mergepatch").Body!["series"]!["count"]).ShouldBe(25);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_slows_nobody_and_the_oldest_events_are_dropped()
    {
        server.Delay = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, token);
        _ = recorder.RunAsync(stop.Token);
        for (var i = 0; i < 3000; i++)
        {
            Record(Widget.Of($"w{i}", "1", uid: $"u{i}"));
        }

        await Settle.UntilAsync(() => server.Calls.Count == 1);
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_failing_write_is_tried_12_times_with_pauses_and_then_given_up()
    {
        server.FailBefore = _ => FakeKubeClient.Error(503, "ServiceUnavailable");
        _ = recorder.RunAsync(stop.Token);
        Record(Widget.Of("a", "1"));
        await context.Time.AdvanceUntilAsync(() => server.Calls.Count == 12, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        server.FailBefore = null;
        Record(Widget.Of("b", "1", uid: "u2"));
        await Settle.UntilAsync(() => server.Calls.Count == 13);
        server.Calls.Last().Name.ShouldStartWith("b.");
    }

    [Fact]
    public async Task An_event_that_the_server_refuses_for_good_is_not_tried_again()
    {
        server.FailBefore = _ => FakeKubeClient.Error(403, "Forbidden");
        Record(Widget.Of("a", "1"));
        recorder.Complete();
        await recorder.RunAsync(stop.Token).EndsAsync();
        server.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void A_note_is_cut_to_1024_bytes_between_characters()
    {
        var cut = EventRecorder.Cut(new string('ü', 2000) + "😀");
        Encoding.UTF8.GetByteCount(cut).ShouldBeLessThanOrEqualTo(1024);
        cut.ShouldEndWith("ü…");
        EventRecorder.Cut("short").ShouldBe("short");
    }

    private void Record(Widget widget) => recorder.Normal(Widget.Type, widget.Metadata, "Succeeded", "Reconcile", "applied");

    private Task WritesAsync(int count) => Settle.UntilAsync(() => server.Writes.Count() >= count);
}
