using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Informers;

/// <summary>X1: the reflector against a server that follows a script.</summary>
public sealed class ReflectorTests : IDisposable
{
    private static readonly KubeApiException Gone = new("WATCH", "/widgets", 410, "Expired", "too old resource version");
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private readonly TestContext context = new();
    private readonly ScriptedKubeClient<Widget> server = new();
    private readonly CancellationTokenSource stop = new();
    private readonly List<ObjectChange<Widget>> changes = [];
    private Informer<Widget>? informer;
    private Task? running;

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
        context.Dispose();
    }

    [Fact]
    public async Task R1_the_first_list_asks_for_the_most_recent_state()
    {
        server.List("10", Widget.Of("a", "5"));
        Start();
        await WatchingAsync(1);
        server.Lists.ShouldHaveSingleItem().ResourceVersion.ShouldBeNull();
        server.Lists.Single().Limit.ShouldBe(500);
    }

    [Fact]
    public async Task R2_every_event_and_every_bookmark_moves_the_version_a_reconnect_starts_from()
    {
        server.List("10")
            .Watch(Event(WatchEventType.Added, Widget.Of("a", "11")))
            .Watch(Event(WatchEventType.Modified, Widget.Of("a", "12")))
            .Watch(Bookmark("20"))
            .Watch(Event(WatchEventType.Deleted, Widget.Of("a", "21")));
        Start();
        await WatchingAsync(5);
        server.Watches.Select(watch => watch.ResourceVersion).ShouldBe(["10", "11", "12", "20", "21"]);
        server.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task X1_R3_a_410_as_http_status_leads_to_a_new_list()
    {
        server.List("10", Widget.Of("a", "5")).Watch(Gone).List("30", Widget.Of("a", "25"));
        Start();
        await WatchingAsync(2);
        server.Watches.Last().ResourceVersion.ShouldBe("30");
        Version("a").ShouldBe("25");
    }

    [Fact]
    public async Task X1_R3_a_410_as_event_in_the_stream_leads_to_a_new_list_at_once()
    {
        server.List("10").Watch(Gone, Event(WatchEventType.Added, Widget.Of("a", "11"))).List("30", Widget.Of("a", "25"));
        Start();
        await Settle.UntilAsync(() => server.Watches.Count == 2);
        Version("a").ShouldBe("25");
    }

    [Fact]
    public async Task X1_R4_a_relist_reports_objects_that_vanished_during_a_gap()
    {
        server.List("10", Widget.Of("a", "5"), Widget.Of("b", "6")).Watch(Gone).List("30", Widget.Of("b", "6"));
        Start();
        await WatchingAsync(2);
        informer!.Store.Count.ShouldBe(1);
        var deleted = changes.Single(change => change.IsDeleted);
        deleted.Key.Name.ShouldBe("a");
        deleted.FinalStateUnknown.ShouldBeTrue();
        deleted.Old!.Metadata.ResourceVersion.ShouldBe("5");
        changes.Count.ShouldBe(3, "an object that did not change is not reported again");
    }

    [Fact]
    public async Task X1_C1_an_object_deleted_and_created_again_under_its_name_is_a_deletion_and_an_addition()
    {
        server.List("10", Widget.Of("a", "5", uid: "old")).Watch(Gone).List("30", Widget.Of("a", "25", uid: "new"));
        Start();
        await WatchingAsync(2);
        changes.Select(change => (change.Old?.Metadata.Uid, change.New?.Metadata.Uid)).ShouldBe([(null, "old"), ("old", null), (null, "new")]);
    }

    [Fact]
    public async Task X1_R5_a_clean_close_watches_on_from_the_last_version_without_a_list_or_a_pause()
    {
        server.List("10");
        for (var i = 0; i < 50; i++)
        {
            server.Watch(Bookmark($"{11 + i}"));
        }

        Start();
        await Settle.UntilAsync(() => server.Watches.Count == 51);
        server.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task X1_R7_a_stream_cut_inside_a_frame_goes_on_like_a_closed_one()
    {
        // The client drops the fragment and ends the stream; what came before it counts.
        server.List("10").Watch(Event(WatchEventType.Added, Widget.Of("a", "11")));
        Start();
        await Settle.UntilAsync(() => server.Watches.Count == 2);
        server.Watches.Last().ResourceVersion.ShouldBe("11");
        Version("a").ShouldBe("11");
    }

    [Fact]
    public async Task R5_a_watch_that_closes_at_once_without_an_event_counts_as_a_failure()
    {
        server.List("10").Watch().Watch().Watch();
        Start();
        await PausingAsync();
        context.Time.NextDue()!.Value.TotalSeconds.ShouldBeInRange(0.8, 1.6);
        await WatchingAsync(4);
        server.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task X1_T3_a_silent_half_open_watch_is_given_up_at_its_deadline_and_watched_again()
    {
        server.List("10");
        Start();
        await WatchingAsync(1);
        var timeout = server.Watches.Single().Timeout;
        timeout.TotalSeconds.ShouldBeInRange(300, 600);
        context.Time.Advance(timeout + TimeSpan.FromSeconds(29));
        await Settle.BrieflyAsync();
        server.OpenWatches.ShouldBe(1);
        context.Time.Advance(TimeSpan.FromSeconds(1));
        await WatchingAsync(2);
        server.OpenWatches.ShouldBe(1);
        server.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task X1_a_watch_that_carries_nothing_but_bookmarks_lists_nothing()
    {
        server.List("10").Watch((_, token) => BookmarksOnly(token));
        Start();
        await context.Time.AdvanceUntilAsync(() => server.Watches.Count == 2, TimeSpan.FromSeconds(20), TimeSpan.FromHours(1));
        server.Lists.Count.ShouldBe(1);
        server.Watches.Last().ResourceVersion.ShouldBe((10 + BookmarksBefore(server.Watches.First().Timeout)).ToString());
    }

    [Fact]
    public async Task X1_R4_a_version_too_large_for_the_server_leads_to_a_new_list()
    {
        var tooLarge = new KubeApiException(
            "WATCH", "/widgets", 504, "Timeout", "Too large resource version: 99, current: 50", [new("ResourceVersionTooLarge", "", "")]);
        server.List("99", Widget.Of("a", "98")).Watch(tooLarge).List("50", Widget.Of("a", "40"));
        Start();
        await WatchingAsync(2);
        server.Watches.Last().ResourceVersion.ShouldBe("50");
        Version("a").ShouldBe("40");
    }

    [Fact]
    public async Task X1_Q4_a_page_token_that_expires_midway_starts_the_list_over()
    {
        server
            .List(_ => new ObjectPage<Widget>([Widget.Of("a", "1"), Widget.Of("b", "2")], "10", "next"))
            .List(Gone)
            .List(_ => new ObjectPage<Widget>([Widget.Of("a", "1")], "20", "more"))
            .List(_ => new ObjectPage<Widget>([Widget.Of("c", "3")], "21", null));
        Start();
        await WatchingAsync(1);
        server.Lists.Select(list => list.Continue).ShouldBe([null, "next", null, "more"]);
        informer!.Store.List().Select(item => item.Metadata.Name).Order().ShouldBe(["a", "c"]);
        server.Watches.Single().ResourceVersion.ShouldBe("21");
    }

    [Theory]
    [InlineData(0, "ConnectionRefused")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(401, "Unauthorized")]
    [InlineData(403, "Forbidden")]
    public async Task R6_trouble_that_says_nothing_about_the_version_retries_the_watch_and_not_the_list(int code, string reason)
    {
        var trouble = new KubeApiException("WATCH", "/widgets", code, reason, "no");
        server.List("10").Watch(trouble).Watch(trouble);
        Start();
        await WatchingAsync(3);
        server.Watches.ShouldAllBe(watch => watch.ResourceVersion == "10");
        server.Lists.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(0, KubeApiException.FrameTooLarge)]
    [InlineData(404, "NotFound")]
    [InlineData(400, "BadRequest")]
    public async Task R7_trouble_that_a_new_watch_would_meet_again_leads_to_a_list(int code, string reason)
    {
        server.List("10").Watch(new KubeApiException("WATCH", "/widgets", code, reason, "no")).List("20");
        Start();
        await WatchingAsync(2);
        server.Watches.Last().ResourceVersion.ShouldBe("20");
    }

    [Fact]
    public async Task R6_the_server_s_retry_after_is_the_least_wait()
    {
        server.List("10").Watch(new KubeApiException("WATCH", "/widgets", 429, "TooManyRequests", "busy", retryAfter: TimeSpan.FromSeconds(17)));
        Start();
        await PausingAsync();
        context.Time.NextDue().ShouldBe(TimeSpan.FromSeconds(17));
    }

    [Fact]
    public void R6_the_wait_doubles_from_0_8_to_30_seconds_with_jitter_and_resets_after_two_healthy_minutes()
    {
        var backoff = new Backoff(context.Time, new Random(7));
        foreach (var expected in new[] { 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30 })
        {
            var wait = backoff.Next();
            wait.TotalSeconds.ShouldBeInRange(expected, 2 * expected);
            context.Time.Advance(wait + TimeSpan.FromSeconds(119));
        }

        context.Time.Advance(TimeSpan.FromSeconds(2));
        backoff.Next().TotalSeconds.ShouldBeInRange(0.8, 1.6);
    }

    [Fact]
    public async Task R8_one_object_that_cannot_be_decoded_stops_neither_the_list_nor_the_watch()
    {
        var bad = new UndecodedObject(new ObjectMeta { Name = "bad", Namespace = "default", Uid = "b", ResourceVersion = "4" }, "spec.size: no number");
        server
            .List(_ => new ObjectPage<Widget>([Widget.Of("a", "5")], "10", null) { Undecoded = [bad] })
            .Watch(
                new WatchEvent<Widget>(WatchEventType.Modified, null, Widget.Of("a", "11").Metadata, "spec.size: no number"),
                Event(WatchEventType.Added, Widget.Of("c", "12")));
        Start();
        await WatchingAsync(2);
        server.Watches.Last().ResourceVersion.ShouldBe("12");
        informer!.Store.List().Select(item => item.Metadata.Name).ShouldBe(["c"]);
        informer.Store.TryGetUndecoded(new ObjectKey("default", "bad"), out var known).ShouldBeTrue();
        known!.Error.ShouldContain("spec.size");
        informer.Store.TryGetUndecoded(new ObjectKey("default", "a"), out _).ShouldBeTrue();
        changes.Count(change => change.Undecoded is not null).ShouldBe(2);
        changes.ShouldNotContain(change => change.IsDeleted);
    }

    [Fact]
    public async Task R8_an_object_that_becomes_readable_again_is_served_again()
    {
        server.List("10").Watch(
            new WatchEvent<Widget>(WatchEventType.Added, null, Widget.Of("a", "11").Metadata, "bad"),
            Event(WatchEventType.Modified, Widget.Of("a", "12")));
        Start();
        await WatchingAsync(2);
        Version("a").ShouldBe("12");
        informer!.Store.TryGetUndecoded(new ObjectKey("default", "a"), out _).ShouldBeFalse();
    }

    [Fact]
    public async Task R11_synced_means_that_the_handlers_have_heard_of_everything()
    {
        server.List("10", Widget.Of("a", "1"), Widget.Of("b", "2"));
        Start();
        informer!.OnSynced(() => changes.Count.ShouldBe(2));
        await informer.Synced.EndsAsync();
        changes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task R11_a_kind_that_was_removed_and_is_served_again_is_told_like_one_that_came_late()
    {
        var missing = new KubeApiException("LIST", "/widgets", 404, "NotFound", "no");
        server.List("10").Watch(missing).List(missing).List("20");
        Start();
        var told = 0;
        informer!.OnSynced(() => told++);
        await WatchingAsync(2);
        told.ShouldBe(2);
    }

    [Theory]
    [InlineData(403, "Forbidden", "not allowed to list widgets.tests.example.dev")]
    [InlineData(404, "NotFound", "install its CustomResourceDefinition")]
    [InlineData(0, "ConnectionRefused", "no answer when asking to list widgets.tests.example.dev")]
    public async Task R11_a_list_that_cannot_work_says_why_and_heals_when_it_can(int code, string reason, string says)
    {
        var refusal = new KubeApiException("LIST", "/widgets", code, reason, "no");
        server.List(refusal).List(refusal).List(refusal).List("10", Widget.Of("a", "1"));
        Start();
        await Settle.UntilAsync(() => server.Lists.Count == 1 && context.Time.ArmedTimers == 1);
        informer!.HasSynced.ShouldBeFalse();
        informer.Problem!.ShouldContain(says);
        informer.IsKindMissing.ShouldBe(code == 404);
        await WatchingAsync(1);
        informer.HasSynced.ShouldBeTrue();
        informer.Problem.ShouldBeNull();
        informer.IsKindMissing.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, LogLevel.Warning)]
    [InlineData(false, LogLevel.Information)]
    public async Task A_kind_that_nobody_installs_is_missed_aloud_once(bool required, LogLevel level)
    {
        var missing = new KubeApiException("LIST", "/widgets", 404, "NotFound", "no");
        server.List(missing).List(missing).List(missing).List("10").Watch(missing).List(missing).List("20");
        Start(new InformerOptions<Widget> { Required = required });
        await WatchingAsync(2);
        var told = context.Logs.Lines.Where(line => line.Text.Contains("does not serve", StringComparison.Ordinal)).ToList();
        told.Count.ShouldBe(2, "before the kind was there, and after it had gone");
        told.ShouldAllBe(line => line.Level == level);
    }

    [Fact]
    public async Task R11_a_watch_that_keeps_being_refused_shows_as_a_problem_although_the_list_worked()
    {
        var refusal = new KubeApiException("WATCH", "/widgets", 403, "Forbidden", "no");
        server.List("10").Watch(refusal).Watch(refusal).Watch(refusal);
        Start();
        await context.Time.AdvanceUntilAsync(() => informer!.Problem?.StartsWith("not allowed", StringComparison.Ordinal) == true, Step, Limit);
        informer!.Problem!.ShouldContain("not allowed to watch widgets.tests.example.dev");
        await WatchingAsync(4);
        context.Time.Advance(Informer<Widget>.ProblemMemory);
        informer.Problem.ShouldBeNull();
    }

    [Fact]
    public async Task R11_a_server_that_hangs_is_a_problem_without_a_gap_however_long_its_calls_and_pauses_take()
    {
        var timeout = new KubeClientOptions { Product = "" }.Timeout;
        server.List("10");
        server.Afterwards = Hung;
        Start();
        for (var failure = 1; failure <= 10; failure++)
        {
            await Settle.UntilAsync(() => server.OpenWatches == 1 && context.Time.NextDue() == timeout, "the watch hangs");
            context.Time.Advance(timeout - TimeSpan.FromTicks(1));
            (informer!.Problem is not null).ShouldBe(failure > 3, $"just before failure {failure}");
            context.Time.Advance(TimeSpan.FromTicks(1));
            await Settle.UntilAsync(() => server.OpenWatches == 0 && context.Time.NextDue() < timeout, "the reflector pauses");
            (informer.Problem is not null).ShouldBe(failure >= 3, $"after failure {failure}");
            context.Time.Advance(context.Time.NextDue()!.Value);
        }

        async IAsyncEnumerable<WatchEvent<Widget>> Hung()
        {
            await Task.Delay(timeout, context.Time, stop.Token);
            throw new KubeApiException("WATCH", "/widgets", 0, "Timeout", "no answer");
#pragma warning disable CS0162 // What makes it a sequence.
            yield break;
#pragma warning restore CS0162
        }
    }

    [Fact]
    public async Task R12_nothing_but_cancellation_ends_the_reflector()
    {
        server
            .List(_ => throw new HttpRequestException("reset"))
            .List(_ => throw new InvalidDataException("garbage"))
            .List("10")
            .Watch(new IOException("reset"))
            .List("11")
            .Watch(new OperationCanceledException("not ours"));
        Start();
        await WatchingAsync(3);
        running!.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running.EndsAsync);
    }

    [Fact]
    public async Task Several_namespaces_have_one_reflector_each_behind_one_store()
    {
        server.List(options => new ObjectPage<Widget>([], "10", null)).List(_ => new ObjectPage<Widget>([], "10", null));
        Start(new InformerOptions<Widget> { Namespaces = ["one", "two"], LabelSelector = "x=y" });
        await WatchingAsync(2);
        informer!.HasSynced.ShouldBeTrue();
        server.Namespaces.Order().ShouldBe(["one", "two"]);
        server.Lists.ShouldAllBe(list => list.LabelSelector == "x=y");
        server.Watches.ShouldAllBe(watch => watch.LabelSelector == "x=y");
    }

    private void Start(InformerOptions<Widget>? options = null)
    {
        informer = new Informer<Widget>(server, Widget.Type, options ?? new InformerOptions<Widget>(), context.Runtime);
        informer.AddHandler(changes.Add);
        running = Task.Run(() => informer.RunAsync(stop.Token));
    }

    /// <summary>Lets time pass until the n-th watch is open.</summary>
    private async Task WatchingAsync(int count)
    {
        await context.Time.AdvanceUntilAsync(() => server.Watches.Count >= count, Step, Limit);
        await Settle.UntilAsync(() => server.OpenWatches > 0);
    }

    /// <summary>Waits until the reflector pauses after a failed watch; the deadline of a watch is minutes away and is another timer.</summary>
    private Task PausingAsync() =>
        Settle.UntilAsync(() => !server.Watches.IsEmpty && server.OpenWatches == 0 && context.Time.NextDue() < TimeSpan.FromMinutes(1));

    private string? Version(string name) =>
        informer!.Store.TryGet(new ObjectKey("default", name), out var item) ? item.Metadata.ResourceVersion : null;

    private async IAsyncEnumerable<WatchEvent<Widget>> BookmarksOnly(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The server keeps its own timeout, whatever comes first.
        var timeout = server.Watches.First().Timeout;
        for (var i = 1; i <= BookmarksBefore(timeout); i++)
        {
            await Task.Delay(TimeSpan.FromMinutes(1), context.Time, cancellationToken);
            yield return Bookmark($"{10 + i}");
        }
    }

    private static int BookmarksBefore(TimeSpan timeout) => (int)(timeout.TotalSeconds / 60);

    private static WatchEvent<Widget> Event(WatchEventType type, Widget widget) => new(type, widget, widget.Metadata);

    private static WatchEvent<Widget> Bookmark(string version) => new(WatchEventType.Bookmark, null, new ObjectMeta { ResourceVersion = version });
}
