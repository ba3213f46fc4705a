using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Decoding;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class WatchTests
{
    private static string Frame(string type, string name, string version) =>
        $$"""{"type":"{{type}}","object":{"kind":"Lease","metadata":{"name":"{{name}}","resourceVersion":"{{version}}"} } }""" + "\n";

    [Fact]
    public async Task R7_a_fragment_at_the_end_of_a_watch_is_discarded()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync(Frame("ADDED", "a", "3") + Frame("MODIFIED", "b", "4")[..^5]);
        using var client = server.Client();

        (await client.WatchLeasesAsync()).Single().Metadata.Name.ShouldBe("a");

        server.Requests.Single().Query.ShouldBe("?watch=true&allowWatchBookmarks=true&resourceVersion=2&timeoutSeconds=300");
    }

    [Fact]
    public async Task R7_a_stream_that_breaks_off_ends_like_a_closed_one()
    {
        var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            await context.Response.WriteAsync(Frame("ADDED", "a", "3") + "{\"type\"");
            await context.Response.Body.FlushAsync();
            await received.Task;
            context.Abort();
        };
        using var client = server.Client();
        var names = new List<string>();

        var options = new WatchOptions { ResourceVersion = "2", Timeout = TimeSpan.FromSeconds(300) };
        await foreach (var watchEvent in client.WatchAsync(KubernetesTypes.Leases, null, options, default))
        {
            names.Add(watchEvent.Metadata.Name);
            received.TrySetResult();
        }

        names.ShouldBe(["a"]);
    }

    [Fact]
    public async Task R7_frames_may_be_split_anywhere()
    {
        var bytes = Encoding.UTF8.GetBytes(Frame("ADDED", "ä🙂", "3") + "\n" + Frame("DELETED", "b", "4"));
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var pipe = new Pipe();
            var frames = new FrameReader(pipe.Reader);
            var names = new List<string>();
            var reading = Task.Run(async () =>
            {
                while (await frames.NextAsync(default) is { } line)
                {
                    if (line.Length > 0)
                    {
                        names.Add(ObjectDecoder.Decode(WatchFrame.Parse(line).Object, KubernetesTypes.Leases).Metadata.Name);
                    }
                }
            });
            await pipe.Writer.WriteAsync(bytes.AsMemory(0, cut));
            await pipe.Writer.WriteAsync(bytes.AsMemory(cut));
            await pipe.Writer.CompleteAsync();
            await reading.EndsAsync();
            names.ShouldBe(["ä🙂", "b"], $"cut at {cut}");
        }
    }

    [Fact]
    public async Task R7_objects_in_segments_of_one_byte_are_decoded()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"ä🙂","labels":{"key":"välue"}}}]}""");
        var body = PipeReader.Create(Segments(bytes));
        var page = await new ListDecoder<Lease>(KubernetesTypes.Leases).ReadAsync(body, default);
        page.Items.Single().Metadata.Labels!["key"].ShouldBe("välue");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task R7_a_frame_above_16_MiB_is_a_fault_and_one_below_is_not(int more)
    {
        await using var server = await ScriptedServer.StartAsync();
        var start = """{"type":"ADDED","object":{"metadata":{"name":"big"},"ignored":" """.TrimEnd();
        var padding = new string('x', (16 * 1024 * 1024) + more - start.Length - 3);
        server.Answer = (context, _) => context.Response.WriteAsync(start + padding + "\"}}\n");
        using var client = server.Client();

        if (more < 0)
        {
            (await client.WatchLeasesAsync()).Single().Metadata.Name.ShouldBe("big");
        }
        else
        {
            (await Should.ThrowAsync<KubeApiException>(() => client.WatchLeasesAsync())).IsFrameTooLarge.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task R8_an_object_that_does_not_fit_keeps_its_metadata_and_the_stream_goes_on()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync(
            """{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"n","resourceVersion":"3"},"spec":{"leaseTransitions":"many"}}}"""
            + "\n" + """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"4","annotations":{"k8s.io/initial-events-end":"true"}},"spec":7}}"""
            + "\n" + Frame("DELETED", "b", "5"));
        using var client = server.Client();

        var seen = await client.WatchLeasesAsync();

        seen.Select(e => (e.Type, e.Object is null, e.Metadata.ResourceVersion)).ShouldBe(
            [(WatchEventType.Modified, true, "3"), (WatchEventType.Bookmark, true, "4"), (WatchEventType.Deleted, false, "5")]);
        seen[0].DecodeError.ShouldNotBeNull().ShouldContain("spec.leaseTransitions");
        ObjectKey.Of(seen[0].Metadata).ShouldBe(new ObjectKey("n", "a"));
        seen[1].DecodeError.ShouldBeNull();
        seen[1].Metadata.Annotations!["k8s.io/initial-events-end"].ShouldBe("true");
    }

    [Fact]
    public async Task R3_an_error_event_is_the_exception_that_its_status_says()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync(
            """{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version","reason":"Expired","code":410}}""" + "\n");
        using var client = server.Client();

        (await Should.ThrowAsync<KubeApiException>(() => client.WatchLeasesAsync())).IsGone.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{\"type\":\"ADDED\"}\n")]
    [InlineData("{\"type\":\"SURPRISE\",\"object\":{}}\n")]
    [InlineData("<html></html>\n")]
    [InlineData("[]\n")]
    public async Task A_line_that_is_no_event_is_a_fault(string line)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => context.Response.WriteAsync(line);
        using var client = server.Client();

        (await Should.ThrowAsync<KubeApiException>(() => client.WatchLeasesAsync())).Reason.ShouldBe(FailureReason.MalformedAnswer);
    }

    [Fact]
    public async Task T3_a_watch_that_outlives_its_deadline_is_cut_from_this_side()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            await context.Response.WriteAsync(Frame("ADDED", "a", "3"));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var clock = new ManualTimeProvider();
        var log = new LogKeeper();
        using var client = server.Client(clock, logger: log);
        var first = new TaskCompletionSource();

        var watching = Task.Run(async () =>
        {
            var count = 0;
            await foreach (var watchEvent in client.WatchAsync(
                KubernetesTypes.Leases, null, new WatchOptions { ResourceVersion = "2", Timeout = TimeSpan.FromSeconds(300) }, default))
            {
                count++;
                first.TrySetResult();
            }

            return count;
        });
        await first.Task.EndsAsync();
        clock.Advance(TimeSpan.FromSeconds(329));
        watching.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(2));

        (await watching.EndsAsync()).ShouldBe(1);
        log.Lines.ShouldContain(line => line.Contains("outlived its deadline", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cancelling_a_watch_ends_it_at_once()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = async (context, _) =>
        {
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var client = server.Client();
        using var stop = new CancellationTokenSource();

        var watching = client.WatchLeasesAsync(stop.Token);
        await Settle.UntilAsync(() => server.Requests.Count == 1);
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => watching.EndsAsync());
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes)
    {
        var first = new Segment(bytes.AsMemory(0, 1), null);
        var last = first;
        for (var i = 1; i < bytes.Length; i++)
        {
            last = new Segment(bytes.AsMemory(i, 1), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, 1);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
