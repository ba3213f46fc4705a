using System.Net;
using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.RateLimiting;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Falcon.Tests.Api;

/// <summary>Against the simulator over HTTP. Waits are virtual: pauses of minutes take no time.</summary>
public sealed class FalconApiTests
{
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Every_host_arrives_when_the_server_caps_pages()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Hosts = 1234, PageCap = 100 });
        var ids = new List<string>();
        using var api = Open(simulator);
        (await api.Api.HostsAsync(null, HostReader.Fields, default, bytes => ids.Add(new HostReader().Read(bytes.Span).DeviceId), null, default)).ShouldBe(1234);
        ids.Distinct(StringComparer.Ordinal).Count().ShouldBe(1234);
        simulator.Calls[FalconOperation.Devices.Path].ShouldBe(13);
    }

    [Fact]
    public async Task Every_policy_arrives_when_the_server_caps_pages()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Policies = 12_000, PageCap = 500 });
        using var api = Open(simulator);
        var policies = await api.Api.CombinedAsync(FalconOperation.Prevention, default);
        policies.Select(policy => policy.GetProperty("id").GetString()).Distinct().Count().ShouldBeGreaterThan(1300);
        (await api.Api.ItAutomationAsync(default)).Count.ShouldBeGreaterThan(1300);
        (await api.Api.ByIdAsync(FalconOperation.FirewallContainers, Enumerable.Range(0, 250).Select(i => $"firewall-{i:D4}"), default)).Count.ShouldBe(250);
    }

    [Fact]
    public async Task A_429_in_mid_scroll_is_waited_out()
    {
        var until = _time.GetUtcNow().AddSeconds(90);
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Faults = request => request is { Path: "devices/combined/devices/v1", Number: 4 } ? new Fault { Status = 429, RetryAfter = until } : null,
        });
        using var api = Open(simulator);
        (await CountAsync(api.Api)).ShouldBe(1000);
        _time.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(90));
        api.Api.Client.Counters.ThrottledRequests.ShouldBe(1);
    }

    [Fact]
    public async Task A_cut_answer_and_a_server_error_are_asked_for_again()
    {
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Faults = request => (request.Path, request.Number) switch
            {
                ("devices/combined/devices/v1", 3) => new Fault { Cut = true },
                ("devices/combined/devices/v1", 6 or 7) => new Fault { Status = 503 },
                _ => null,
            },
        });
        using var api = Open(simulator);
        (await CountAsync(api.Api)).ShouldBe(1000);
        simulator.Calls[FalconOperation.Devices.Path].ShouldBe(13);
    }

    [Theory]
    [InlineData(500, FalconFailure.Unavailable)]
    [InlineData(429, FalconFailure.Throttled)]
    public async Task What_goes_on_failing_is_an_error_after_the_last_attempt(int status, FalconFailure failure)
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request.Path.StartsWith("devices", StringComparison.Ordinal) ? new Fault { Status = status } : null });
        using var api = Open(simulator);
        (await Should.ThrowAsync<FalconApiException>(() => CountAsync(api.Api))).Failure.ShouldBe(failure);
        simulator.Calls[FalconOperation.Devices.Path].ShouldBe(RateLimit.Small.RetryAttempts);
    }

    [Fact]
    public async Task Pages_that_end_early_are_not_taken_for_the_whole_fleet()
    {
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Policies = 2000,
            Faults = request => request.Number == 3 ? new Fault { EndEarly = true } : null,
        });
        using var api = Open(simulator);
        var error = await Should.ThrowAsync<FalconApiException>(() => CountAsync(api.Api));
        error.Failure.ShouldBe(FalconFailure.Partial);
        error.Message.ShouldContain("only 300 of 1000");
        (await Should.ThrowAsync<FalconApiException>(() => api.Api.CombinedAsync(FalconOperation.Firewall, default))).Failure.ShouldBe(FalconFailure.Partial);
    }

    [Fact]
    public async Task Errors_beside_results_are_a_failure()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request.Path.StartsWith("policy", StringComparison.Ordinal) ? new Fault { PartialErrors = true } : null });
        using var api = Open(simulator);
        (await Should.ThrowAsync<FalconApiException>(() => api.Api.CombinedAsync(FalconOperation.Response, default))).Failure.ShouldBe(FalconFailure.Partial);
    }

    [Fact]
    public async Task A_missing_scope_is_named_and_not_asked_for_again()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request.Path.StartsWith("fwmgr", StringComparison.Ordinal) ? new Fault { MissingScope = true } : null });
        using var api = Open(simulator);
        var error = await Should.ThrowAsync<FalconApiException>(() => api.Api.ByIdAsync(FalconOperation.FirewallContainers, ["a"], default));
        error.Failure.ShouldBe(FalconFailure.Scope);
        error.Message.ShouldContain("\"Firewall management\": read");
        simulator.Calls[FalconOperation.FirewallContainers.Path].ShouldBe(1);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends_and_shared()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Time = _time });
        using var api = Open(simulator);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => api.Api.CidAsync(default)));
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(1);
        _time.Advance(TimeSpan.FromMinutes(28.5));
        await api.Api.CidAsync(default);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(2);
        api.Api.Client.Counters.Errors.ShouldBe(0);
    }

    [Fact]
    public async Task A_wall_clock_that_jumps_neither_renews_a_token_nor_keeps_one_that_has_ended()
    {
        await using var simulator = await StartAsync(new SimulatorOptions());
        var time = new ManualTimeProvider();
        using var limiter = new RateLimiter(RateLimit.Small, time);
        using var client = new FalconClient(new FalconClientOptions { Address = simulator.Address, Credentials = new FalconCredentials("simulated-client", "simulated-secret") }, limiter, time);
        var api = new FalconApi(client);
        await api.CidAsync(default);
        time.JumpWallClock(TimeSpan.FromDays(400));
        await api.CidAsync(default);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(1);
        time.JumpWallClock(TimeSpan.FromDays(-900));
        time.Advance(TimeSpan.FromMinutes(29));
        await api.CidAsync(default);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(2);
    }

    [Fact]
    public async Task Hosts_are_asked_for_by_id_in_posts_of_5000()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Hosts = 10_001, Faults = request => request is { Path: "devices/entities/devices/v2", Number: 2 } ? new Fault { Cut = true } : null });
        using var api = Open(simulator);
        var ids = await IdsAsync(api.Api);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await api.Api.HostDetailsAsync(ids.Concat(ids.Take(10)), bytes => seen.Add(new HostReader().Read(bytes.Span).DeviceId), default);
        seen.SetEquals(ids).ShouldBeTrue();
        // 5 000, 5 000 cut and again, and the last one.
        simulator.Calls[FalconOperation.DeviceDetails.Path].ShouldBe(4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hosts_that_are_missing_from_an_answer_by_id_are_a_failure(bool said)
    {
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Hosts = 10,
            Faults = request => request.Path == FalconOperation.DeviceDetails.Path ? said ? new Fault { PartialErrors = true } : new Fault { EndEarly = true } : null,
        });
        using var api = Open(simulator);
        var ids = await IdsAsync(api.Api);
        var error = await Should.ThrowAsync<FalconApiException>(() => api.Api.HostDetailsAsync(ids, _ => { }, default));
        error.Failure.ShouldBe(FalconFailure.Partial);
        error.Message.ShouldContain(said ? "some of it is missing (404)" : "only 5 of 10");
    }

    [Fact]
    public async Task A_token_whose_body_stalls_meets_its_deadline_and_is_asked_for_again()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request is { Path: "oauth2/token", Number: 1 } ? new Fault { Stall = true } : null });
        using var api = Open(simulator, timeout: TimeSpan.FromSeconds(1));
        (await CountAsync(api.Api)).ShouldBe(1000);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(2);
    }

    [Fact]
    public async Task A_token_whose_body_always_stalls_is_a_failure_of_the_API_and_no_interruption()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request.Path == "oauth2/token" ? new Fault { Stall = true } : null });
        using var api = Open(simulator, timeout: TimeSpan.FromSeconds(1));
        var error = await Should.ThrowAsync<FalconApiException>(() => CountAsync(api.Api));
        (error.Operation, error.Failure).ShouldBe((FalconOperation.Token, FalconFailure.Unavailable), error.Message);
    }

    [Fact]
    public async Task A_token_that_is_damaged_by_its_compression_is_asked_for_again()
    {
        await using var simulator = await StartAsync(new SimulatorOptions());
        using var http = new BrokenOnce();
        using var limiter = new RateLimiter(RateLimit.Small, _time);
        using var client = new FalconClient(new FalconClientOptions { Address = simulator.Address, Credentials = new FalconCredentials("simulated-client", "simulated-secret") }, limiter, _time, http);
        (await new FalconApi(client).CidAsync(default)).ShouldNotBeEmpty();
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(2);
    }

    [Fact]
    public async Task What_is_throttled_or_repaired_by_a_new_token_is_no_error_and_what_fails_otherwise_is()
    {
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Faults = request => (request.Path, request.Number) switch
            {
                ("devices/combined/devices/v1", 1) => new Fault { RevokeTokens = true },
                ("devices/combined/devices/v1", 3) => new Fault { Status = 429 },
                ("devices/combined/devices/v1", 4 or 5) => new Fault { Status = 503 },
                ("policy/combined/firewall/v1", _) => new Fault { RevokeTokens = true },
                _ => null,
            },
            Hosts = 1000,
            PageCap = 500,
        });
        using var api = Open(simulator);
        await CountAsync(api.Api);
        var counters = api.Api.Client.Counters;
        (counters.Errors, counters.ThrottledRequests).ShouldBe((2, 1));
        await Should.ThrowAsync<FalconApiException>(() => api.Api.CombinedAsync(FalconOperation.Firewall, default));
        // Two 401: the new token is refused like the old one.
        counters.Errors.ShouldBe(4);
    }

    [Fact]
    public async Task A_token_that_is_revoked_in_the_middle_is_replaced_once()
    {
        await using var simulator = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Faults = request => request is { Path: "devices/combined/devices/v1", Number: 5 } ? new Fault { RevokeTokens = true } : null,
        });
        using var api = Open(simulator);
        (await CountAsync(api.Api)).ShouldBe(1000);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(2);
    }

    [Fact]
    public async Task A_token_that_never_works_ends_in_one_clear_error()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request.Path != FalconOperation.Token.Path ? new Fault { RevokeTokens = true } : null });
        using var api = Open(simulator);
        (await Should.ThrowAsync<FalconApiException>(() => CountAsync(api.Api))).Failure.ShouldBe(FalconFailure.Credentials);
        simulator.Calls[FalconOperation.Devices.Path].ShouldBe(2);
    }

    [Fact]
    public async Task A_wrong_secret_is_said_without_being_shown()
    {
        await using var simulator = await StartAsync(new SimulatorOptions());
        using var api = Open(simulator, secret: "hunter2hunter2");
        var error = await Should.ThrowAsync<FalconApiException>(() => CountAsync(api.Api));
        error.Failure.ShouldBe(FalconFailure.Credentials);
        error.ToString().ShouldNotContain("hunter2");
        error.ToString().ShouldNotContain(new SimulatorOptions().ClientId);
        simulator.Calls[FalconOperation.Token.Path].ShouldBe(1);
    }

    [Fact]
    public async Task A_stalled_answer_meets_its_deadline()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { Faults = request => request is { Path: "devices/combined/devices/v1", Number: 1 } ? new Fault { Delay = TimeSpan.FromMinutes(10) } : null });
        using var api = Open(simulator, timeout: TimeSpan.FromSeconds(1));
        (await CountAsync(api.Api)).ShouldBe(1000);
        simulator.Calls[FalconOperation.Devices.Path].ShouldBe(2);
    }

    [Fact]
    public async Task The_simulated_limit_is_never_hit_by_a_client_that_keeps_its_own()
    {
        await using var simulator = await StartAsync(new SimulatorOptions { RequestsPerMinute = RateLimit.VeryLarge.RequestsPerMinute, Time = _time });
        using var api = Open(simulator, limit: RateLimit.VeryLarge);
        for (var i = 0; i < 1500; i++)
        {
            await api.Api.CidAsync(default);
        }

        api.Api.Client.Counters.ThrottledRequests.ShouldBe(0);
    }

    [Theory]
    [InlineData("eu-1", "https://api.eu-1.crowdstrike.com/")]
    [InlineData("us-gov-1", "https://api.crowdstrike.com/")]
    public async Task A_region_that_the_token_names_is_followed_except_to_government_clouds(string region, string host)
    {
        using var handler = new Recorder(request => request.RequestUri!.AbsolutePath == "/oauth2/token"
            ? Json(HttpStatusCode.Created, """{"access_token": "t", "expires_in": 1799}""", region)
            : Json(HttpStatusCode.OK, """{"meta": {}, "resources": ["CID-1"], "errors": []}""", null));
        using var limiter = new RateLimiter(RateLimit.Small, _time);
        using var client = new FalconClient(new FalconClientOptions { Address = FalconCloud.Resolve("US1"), Credentials = new FalconCredentials("a", "b") { MemberCid = "m&m" } }, limiter, _time, handler);
        (await new FalconApi(client).CidAsync(default)).ShouldBe("CID");
        handler.Requests.Last().ShouldStartWith($"GET {host}sensors");
        handler.Bodies[0].ShouldContain("member_cid=m%26m");
    }

    [Fact]
    public async Task A_redirect_of_the_token_is_followed_by_region_and_never_by_location()
    {
        using var handler = new Recorder(request => request.RequestUri!.Host switch
        {
            "api.crowdstrike.com" => Redirect("us-2"),
            "api.us-2.crowdstrike.com" when request.RequestUri.AbsolutePath == "/oauth2/token" => Json(HttpStatusCode.Created, """{"access_token": "t", "expires_in": 1799}""", "us-2"),
            _ => Json(HttpStatusCode.OK, """{"resources": ["CID-1"]}""", null),
        });
        using var limiter = new RateLimiter(RateLimit.Small, _time);
        using var client = new FalconClient(new FalconClientOptions { Address = FalconCloud.Resolve("us1"), Credentials = new FalconCredentials("a", "b") }, limiter, _time, handler);
        await new FalconApi(client).CidAsync(default);
        handler.Requests.ShouldAllBe(request => !request.Contains("evil", StringComparison.Ordinal));
        handler.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("us-1", "https://api.crowdstrike.com/")]
    [InlineData("USGOV1", "https://api.laggar.gcw.crowdstrike.com/")]
    [InlineData("gov2", "https://api.us-gov-2.crowdstrike.mil/")]
    [InlineData("http://127.0.0.1:9/", "http://127.0.0.1:9/")]
    [InlineData("https://proxy.example/falcon", "https://proxy.example/falcon/")]
    public void Clouds_are_known_by_name_and_alias(string text, string address) => FalconCloud.Resolve(text).ToString().ShouldBe(address);

    [Theory]
    [InlineData("mars-1")]
    [InlineData("ftp://api.crowdstrike.com")]
    [InlineData("https://user:secret@host")]
    [InlineData("https://user:sec/ret@host")]
    [InlineData("http://api.crowdstrike.com")]
    public void An_unknown_cloud_is_an_error(string text) => Should.Throw<FormatException>(() => FalconCloud.Resolve(text)).Message.ShouldNotContain("ret@host");

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task An_answer_is_read_alike_however_it_is_cut_into_packets(int packet)
    {
        var big = new string('x', 200_000);
        var body = $$$"""{"meta": {"query_time": 1.5, "trace_id": "t", "pagination": {"total": 4, "offset": "abc"}}, "other": [[1], {"resources": []}], "resources": [{"id": "a", "n": [1, {"b": "}]"}]}, "text", {{{packet}}}, {"long": "{{{big}}}"}], "errors": [{"code": 404, "message": "m"}]}""";
        var seen = new List<string>();
        using var stream = new Packets(Encoding.UTF8.GetBytes(body), packet);
        var envelope = await Envelope.ReadAsync(stream, bytes => seen.Add(Encoding.UTF8.GetString(bytes.Span)), default);
        (envelope.Count, envelope.Total, envelope.Next, envelope.TraceId).ShouldBe((4, 4L, "abc", "t"));
        envelope.Errors.Single().ShouldBe(new EnvelopeError(404, "m"));
        seen[0].ShouldBe("""{"id": "a", "n": [1, {"b": "}]"}]}""");
        seen[2].ShouldBe(packet.ToString());
        seen[3].Length.ShouldBe(200_012);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{\"resources\": [{\"id\": 1}")]
    [InlineData("{\"resources\": [{\"id\": 1}]")]
    [InlineData("<html>busy</html>")]
    public async Task An_answer_that_is_cut_or_something_else_is_an_error(string body)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(body));
        await Should.ThrowAsync<JsonException>(() => Envelope.ReadAsync(stream, null, default));
    }

    [Fact]
    public void A_quote_in_a_tag_does_not_end_the_filter() =>
        Fql.Hosts(tags: [@"FalconGroupingTags/o'bri\en"]).ShouldBe(@"tags:['FalconGroupingTags/o\'bri\\en']");

    private static Task<Simulator> StartAsync(SimulatorOptions options) => Simulator.StartAsync(options, default);

    private static async Task<int> CountAsync(FalconApi api)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        await api.HostsAsync(null, HostReader.Fields, default, bytes => ids.Add(new HostReader().Read(bytes.Span).DeviceId), null, default);
        return ids.Count;
    }

    private static async Task<List<string>> IdsAsync(FalconApi api)
    {
        var ids = new List<string>();
        await api.HostsAsync(null, HostReader.Fields, default, bytes => ids.Add(new HostReader().Read(bytes.Span).DeviceId), null, default);
        return ids;
    }

    private Opened Open(Simulator simulator, string? secret = null, TimeSpan? timeout = null, RateLimit? limit = null)
    {
        var limiter = new RateLimiter(limit ?? RateLimit.Small, _time);
        var options = new FalconClientOptions
        {
            Address = simulator.Address,
            Credentials = new FalconCredentials("simulated-client", secret ?? "simulated-secret"),
            RequestTimeout = timeout ?? TimeSpan.FromMinutes(2),
        };
        return new Opened(limiter, new FalconApi(new FalconClient(options, limiter, _time)));
    }

    private static HttpResponseMessage Json(HttpStatusCode status, string body, string? region)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body) };
        if (region is not null)
        {
            response.Headers.Add("X-Cs-Region", region);
        }

        return response;
    }

    private static HttpResponseMessage Redirect(string region)
    {
        var response = Json(HttpStatusCode.PermanentRedirect, "", region);
        response.Headers.Location = new Uri("https://evil.example/oauth2/token");
        return response;
    }

    private sealed record Opened(RateLimiter Limiter, FalconApi Api) : IDisposable
    {
        public void Dispose()
        {
            Api.Client.Dispose();
            Limiter.Dispose();
        }
    }

    private sealed class Recorder(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add($"{request.Method} {request.RequestUri}");
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
            return answer(request);
        }
    }

    /// <summary>The first answer cannot be decompressed.</summary>
    private sealed class BrokenOnce() : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool _broken;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!_broken)
            {
                _broken = true;
                response.Content = new StreamContent(new System.IO.Compression.GZipStream(new MemoryStream("this is not gzip"u8.ToArray()), System.IO.Compression.CompressionMode.Decompress));
            }

            return response;
        }
    }

    private sealed class Packets(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
