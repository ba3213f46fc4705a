using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Intake;

namespace Comptroller.Operator.Tests.Verbs;

[Collection(RunningWatch.Alone)]
public sealed class WatchServerTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _files = new();
    private RunningWatch _watch = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _watch = await RunningWatch.StartAsync(config => config with { TokenFile = _files.Write("t0ken"), Api = config.Api with { AdminTokenFile = _files.Write("adm1n") } });
        _client = _watch.Client("t0ken");
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _watch.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task What_is_answered_with_202_is_in_the_store()
    {
        (await PostAsync(RunningWatch.Alert(1))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _watch.Store.CountsAsync(CancellationToken.None)).Sum(count => count.Count).ShouldBe(1);
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest)]
    [InlineData("""{"output_fields":{}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"source":"syscall","rule":"r","output_fields":{}}""", HttpStatusCode.Accepted)]
    public async Task Bodies_are_answered_by_what_they_are(string body, HttpStatusCode status) => (await PostAsync(body)).StatusCode.ShouldBe(status);

    [Fact]
    public async Task Event_Grid_is_answered_when_it_asks_before_it_sends_and_shows_the_token()
    {
        const string Question = """[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6"}}]""";
        (HttpStatusCode, string)[] answers = [await AskAsync(_client, Question), await AskAsync(_client, "[]"), await AskAsync(_watch.Client(null), Question)];
        answers[0].ShouldBe((HttpStatusCode.OK, """{"validationResponse":"512d38b6"}"""));
        answers[1].Item1.ShouldBe(HttpStatusCode.BadRequest);
        answers[2].Item1.ShouldBe(HttpStatusCode.Unauthorized);
        (await _watch.Store.CountsAsync(CancellationToken.None)).ShouldBeEmpty();

        static async Task<(HttpStatusCode, string)> AskAsync(HttpClient client, string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/falco/events") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("aeg-event-type", "SubscriptionValidation");
            using var answer = await client.SendAsync(request);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("/api/v1/falco/events", HttpStatusCode.OK, "eventgrid.azure.net")]
    [InlineData("/api/v1/drifts", HttpStatusCode.MethodNotAllowed, "")]
    [InlineData("/nope", HttpStatusCode.NotFound, "")]
    public async Task A_sender_of_CloudEvents_that_asks_may_send_where_events_are_taken_in_only(string path, HttpStatusCode status, string allowed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("WebHook-Request-Origin", "eventgrid.azure.net");
        using var answer = await _client.SendAsync(request);
        answer.StatusCode.ShouldBe(status);
        (answer.Headers.TryGetValues("WebHook-Allowed-Origin", out var origins) ? origins.Single() : "").ShouldBe(allowed);
    }

    [Fact]
    public async Task Bodies_over_one_MiB_are_refused_whether_they_say_their_length_or_not()
    {
        var large = new string(' ', EventIntake.MostBytes + 1);
        (await PostAsync(large)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/falco/events") { Content = new StringContent(large, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        (await _client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_long_body_waits_while_eight_others_are_read_and_a_short_one_does_not()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Intake } });
        var slow = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => BeginAsync(watch.Server.Address.Port)));
        try
        {
            using var client = watch.Client(null);
            // They have their places once the server has asked each for its body.
            foreach (var each in slow)
            {
                (await ReadAsync(each, "HTTP/1.1 100 Continue".Length)).ShouldBe("HTTP/1.1 100 Continue");
            }

            var ninth = client.PostAsync("/api/v1/falco/events", Json($"[{string.Join(',', Enumerable.Range(0, 200).Select(RunningWatch.Alert))}]"));
            (await client.PostAsync("/api/v1/falco/events", Json(RunningWatch.Alert(1)))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            ninth.IsCompleted.ShouldBeFalse();
            slow[0].Dispose();
            (await ninth).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
        finally
        {
            Array.ForEach(slow, each => each.Dispose());
        }
    }

    [Fact]
    public async Task A_long_body_that_does_not_come_to_its_end_gives_its_place_back()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Intake } }, bodyPatience: TimeSpan.FromSeconds(1));
        using var slow = await BeginAsync(watch.Server.Address.Port);
        (await ReadAsync(slow, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408".Length)).ShouldEndWith("HTTP/1.1 408");
    }

    // It is asked to go on when the server begins to read; then it sends fast enough for the server's own limit of bytes a second, and never all.
    private static async Task<TcpClient> BeginAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /api/v1/falco/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 50000\r\n\r\n{new string(' ', 30_000)}"));
        return client;
    }

    private static async Task<string> ReadAsync(TcpClient client, int length)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new byte[length];
        await client.GetStream().ReadExactlyAsync(answer, limit.Token);
        return Encoding.ASCII.GetString(answer);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Bodies_that_do_not_say_they_are_JSON_are_refused(string? kind)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(RunningWatch.Alert(1)));
        content.Headers.ContentType = kind is null ? null : new MediaTypeHeaderValue(kind);
        var answer = await _client.PostAsync("/api/v1/falco/events", content);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Invalid Content-Type header");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("t0ke")]
    [InlineData("t0ken2")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")]
    public async Task Without_the_token_nothing_is_taken_in(string? token)
    {
        using var client = _watch.Client(token);
        var answer = await client.PostAsync("/api/v1/falco/events", Json(RunningWatch.Alert(1)));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (await client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_may_send_may_not_ask()
    {
        var answer = await _client.GetAsync("/api/v1/drifts");
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("the scope read is needed here");
    }

    [Fact]
    public async Task Probes_answer_HEAD_and_tell_living_from_ready()
    {
        foreach (var path in (string[])["/health", "/api/v1/health", "/ready", "/metrics"])
        {
            using var head = new HttpRequestMessage(HttpMethod.Head, path);
            (await _client.SendAsync(head)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        _watch.Unready = "the \"state\" is missing";
        (await _client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await _client.GetAsync("/ready");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        JsonElement.Parse(await ready.Content.ReadAsStringAsync()).GetProperty("reason").GetString().ShouldBe(_watch.Unready);
        (await _client.GetAsync("/api/v1/falco/events")).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await _client.GetAsync("/nope")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_503_with_whole_seconds()
    {
        await _watch.StopWritingAsync();
        var answer = await PostAsync(RunningWatch.Alert(1));
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Metrics_count_events_and_requests_by_what_became_of_them()
    {
        await PostAsync(RunningWatch.Alert(1));
        await PostAsync(RunningWatch.Alert(1).Replace("CreateVpc", "DescribeVpcs", StringComparison.Ordinal));
        var text = await _client.GetStringAsync("/metrics");
        text.ShouldContain("driftwatch_events_total{outcome=\"accepted\",source=\"aws_cloudtrail\"} 1");
        text.ShouldContain("driftwatch_events_total{outcome=\"read_only\",source=\"aws_cloudtrail\"} 1");
        text.ShouldContain("driftwatch_http_requests_total{method=\"POST\",route=\"/api/v1/falco/events\",status=\"202\"} 2");
        text.ShouldContain("driftwatch_stream_clients{transport=\"sse\"} 0");
        text.ShouldContain("driftwatch_rate_limited_total 0");
    }

    [Fact]
    public async Task A_key_is_made_used_and_revoked_as_the_runbook_says()
    {
        using var admin = _watch.Client("adm1n");
        var made = await admin.PostAsync("/api/v1/auth/api-keys", Json("""{"name":"new-ci-key","scopes":["read"]}"""));
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var key = JsonElement.Parse(await made.Content.ReadAsStringAsync()).GetProperty("data").GetProperty("key").GetString()!;
        using var client = _watch.Client(null);
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        (await client.GetAsync("/api/v1/drifts")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.PostAsync("/api/v1/drifts/a/resolve", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.GetAsync("/api/v1/auth/api-keys")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/auth/api-keys") { Content = Json("""{"name":"new-ci-key"}""") };
        (await admin.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync("/api/v1/drifts")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Ids_with_slashes_are_addressed_as_they_are_and_encoded()
    {
        using var admin = _watch.Client("adm1n");
        const string Id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a";
        foreach (var path in (string[])[Id, Uri.EscapeDataString(Id)])
        {
            var answer = await admin.GetAsync($"/api/v1/state/resource/{path}");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("data").GetProperty("id").GetString().ShouldBe(Id);
        }
    }

    [Fact]
    public async Task Every_route_of_the_document_is_served_and_asks_for_its_scope()
    {
        using var nobody = _watch.Client(null);
        foreach (var route in _watch.Api.Routes)
        {
            using var request = new HttpRequestMessage(new HttpMethod(route.Method), route.Template.Replace("{id}", "x", StringComparison.Ordinal));
            var status = (await nobody.SendAsync(request)).StatusCode;
            if (route.Needs != Scopes.None)
            {
                status.ShouldBe(HttpStatusCode.Unauthorized, route.Template);
            }
            else
            {
                status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Unauthorized);
            }
        }

        using var admin = _watch.Client("adm1n");
        (await admin.GetByteArrayAsync("/api/v1/openapi.json")).ShouldBe(_watch.Api.Document.ToArray());
    }

    [Fact]
    public async Task Answers_carry_headers_that_keep_browsers_from_mischief()
    {
        var answer = await _client.GetAsync("/health");
        string Header(string name) => answer.Headers.GetValues(name).Single();
        (Header("X-Content-Type-Options"), Header("X-Frame-Options"), Header("Referrer-Policy"), Header("Cache-Control")).ShouldBe(("nosniff", "DENY", "no-referrer", "no-store"));
        Header("X-Request-ID").ShouldNotBeEmpty();
        answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    private Task<HttpResponseMessage> PostAsync(string body) => _client.PostAsync("/api/v1/falco/events", Json(body));

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
