using System.Net;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.PolicyAuditSchedules.Runs;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>What daemons answer when they are asked, and what they may answer instead.</summary>
public sealed class DaemonResultsTests
{
    private static readonly AuditRunResult Refused = new()
    {
        StartedAt = new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero),
        FinishedAt = new DateTimeOffset(2026, 3, 1, 10, 1, 0, TimeSpan.Zero),
        Outcome = AuditOutcomes.Failed,
        Message = "refused",
    };

    [Fact]
    public async Task A_daemon_that_is_no_longer_ready_still_tells_why()
    {
        var run = (await AskAsync(_ => Answer(Refused.ToJson()), Pod("10.0.0.1", ready: false))).ShouldHaveSingleItem();
        (run.Status.Outcome, run.Status.Message).ShouldBe(("Failed", "refused"));
    }

    [Fact]
    public async Task Pods_without_an_address_or_whose_container_does_not_run_are_not_asked()
    {
        var asked = 0;
        await AskAsync(
            _ =>
            {
                asked++;
                return Answer(Refused.ToJson());
            },
            Pod(""), Pod("not an address"), Pod("10.0.0.1", running: false));
        asked.ShouldBe(0);
    }

    public static TheoryData<string, Func<HttpResponseMessage>> BadAnswers => new()
    {
        { "500 with a result", () => Answer(Refused.ToJson(), HttpStatusCode.InternalServerError) },
        { "nothing yet", () => Answer("", HttpStatusCode.NoContent) },
        { "redirect", () => Answer(Refused.ToJson(), HttpStatusCode.Redirect) },
        { "empty", () => Answer("") },
        { "garbage", () => Answer("<html>\0\uFFFF") },
        { "another version", () => Answer(Refused.ToJson().Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)) },
        { "oversized", () => Answer(Refused.ToJson() + new string(' ', ResultText.MostBytes)) },
        { "cut off", () => new HttpResponseMessage { Content = new StreamContent(new Cut()) } },
        { "no connection", () => throw new HttpRequestException("connection refused") },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task A_bad_answer_tells_nothing_and_the_other_pods_are_still_heard(string what, Func<HttpResponseMessage> answer)
    {
        var runs = await AskAsync(request => request.RequestUri!.Host == "10.0.0.1" ? answer() : Answer(Refused.ToJson()), Pod("10.0.0.1"), Pod("fd00::2"));
        runs.ShouldHaveSingleItem(what).Status.Name.ShouldBe("fd00::2");
    }

    [Fact]
    public async Task A_pod_that_never_answers_is_given_up_and_the_other_pods_are_still_heard()
    {
        using var results = new DaemonResults(
            new Handler(async (request, token) =>
            {
                await Task.Delay(request.RequestUri!.Host == "10.0.0.1" ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, token);
                return Answer(Refused.ToJson());
            }),
            TimeSpan.FromSeconds(1));
        (await results.AskAsync([Pod("10.0.0.1"), Pod("10.0.0.2")], CancellationToken.None)).ShouldHaveSingleItem().Status.Name.ShouldBe("10.0.0.2");
    }

    [Fact]
    public async Task An_operator_that_stops_does_not_wait_for_answers()
    {
        using var stop = new CancellationTokenSource();
        using var results = new DaemonResults(
            new Handler(async (_, token) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return Answer("");
            }),
            Timeout.InfiniteTimeSpan);
        await Should.ThrowAsync<OperationCanceledException>(() => results.AskAsync([Pod("10.0.0.1")], stop.Token));
    }

    private static async Task<IReadOnlyList<AuditRun>> AskAsync(Func<HttpRequestMessage, HttpResponseMessage> answer, params ObservedPod[] pods)
    {
        using var results = new DaemonResults(new Handler((request, _) => Task.FromResult(answer(request))), TimeSpan.FromMinutes(1));
        return await results.AskAsync(pods, CancellationToken.None);
    }

    private static ObservedPod Pod(string address, bool ready = true, bool running = true) => new()
    {
        Metadata = new ObjectMeta { Name = address },
        Status = new PodStatus
        {
            PodIp = address,
            ContainerStatuses = [new ContainerStatus { Name = "audit", Ready = ready && running, State = new ContainerState { Running = running ? new ContainerRun() : null } }],
        },
    };

    private static HttpResponseMessage Answer(string body, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(body) };

    private sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
    }

    /// <summary>A body whose connection ends in the middle.</summary>
    private sealed class Cut : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("cut");

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("cut");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("cut");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("cut");
    }
}
