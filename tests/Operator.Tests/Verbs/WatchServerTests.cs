using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Operator.Verbs.Drift;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class WatchServerTests : IAsyncLifetime
{
    private const string Alert = """{"source":"aws_cloudtrail","rule":"r","output_fields":{"ct.name":"CreateVpc","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-1\"}}"}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;
    private readonly WatchFigures _figures = new();
    private readonly PrometheusExporter _metrics = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client = new();
    private DriftStore _store = null!;
    private WatchServer _server = null!;
    private Task _writer = Task.CompletedTask;
    private string? _unready;

    public async Task InitializeAsync()
    {
        _store = await DriftStore.OpenAsync(Path.Combine(_folder, "d.sqlite"), CancellationToken.None);
        var intake = new EventIntake(_store, _figures, RuleBook.Default, TimeSpan.Zero, 16, TimeProvider.System);
        intake.Use(StateIndex.Empty, new Dictionary<string, long>());
        _writer = Task.Run(() => intake.RunAsync(_stop.Token));
        _server = new WatchServer(new IPEndPoint(IPAddress.Loopback, 0), "t0ken", intake, _metrics, () => _unready);
        await _server.StartAsync(CancellationToken.None);
        _client.BaseAddress = _server.Address;
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "t0ken");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        await _stop.CancelAsync();
        await _writer;
        await _store.DisposeAsync();
        _metrics.Dispose();
        _figures.Dispose();
    }

    [Fact]
    public async Task What_is_answered_with_202_is_in_the_store()
    {
        (await PostAsync(Alert)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _store.CountsAsync(CancellationToken.None)).Sum(count => count.Count).ShouldBe(1);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest)]
    [InlineData("""{"output_fields":{}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"source":"syscall","rule":"r","output_fields":{}}""", HttpStatusCode.Accepted)]
    public async Task Bodies_are_answered_by_what_they_are(string body, HttpStatusCode status) => (await PostAsync(body)).StatusCode.ShouldBe(status);

    [Fact]
    public async Task Bodies_over_one_MiB_are_refused_whether_they_say_their_length_or_not()
    {
        var large = new string(' ', EventIntake.MostBytes + 1);
        (await PostAsync(large)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/falco/events") { Content = new StringContent(large) };
        request.Headers.TransferEncodingChunked = true;
        (await _client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("t0ke")]
    [InlineData("t0ken2")]
    public async Task Without_the_token_nothing_is_taken_in(string? token)
    {
        _client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        var answer = await PostAsync(Alert);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (await _client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Probes_answer_HEAD_and_tell_living_from_ready()
    {
        foreach (var path in (string[])["/health", "/ready", "/metrics"])
        {
            using var head = new HttpRequestMessage(HttpMethod.Head, path);
            (await _client.SendAsync(head)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        _unready = "the \"state\" is missing";
        (await _client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await _client.GetAsync("/ready");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        System.Text.Json.JsonElement.Parse(await ready.Content.ReadAsStringAsync()).GetProperty("reason").GetString().ShouldBe(_unready);
        (await _client.GetAsync("/api/v1/falco/events")).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await _client.GetAsync("/nope")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_503_with_whole_seconds()
    {
        await _stop.CancelAsync();
        await _writer;
        var answer = await PostAsync(Alert);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Metrics_count_events_by_what_became_of_them()
    {
        await PostAsync(Alert);
        await PostAsync(Alert.Replace("CreateVpc", "DescribeVpcs", StringComparison.Ordinal));
        var text = await _client.GetStringAsync("/metrics");
        text.ShouldContain("driftwatch_events_total{outcome=\"accepted\",source=\"aws_cloudtrail\"} 1");
        text.ShouldContain("driftwatch_events_total{outcome=\"read_only\",source=\"aws_cloudtrail\"} 1");
    }

    private Task<HttpResponseMessage> PostAsync(string body) => _client.PostAsync("/api/v1/falco/events", new StringContent(body, Encoding.UTF8, "application/json"));
}
