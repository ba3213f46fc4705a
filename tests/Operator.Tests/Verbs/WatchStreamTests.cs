using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>Streams through the whole server.</summary>
[Collection(RunningWatch.Alone)]
public sealed class WatchStreamTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // The buffers of a connection that nobody reads take megabytes of events, which a busy machine is long in making.
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_stream_begins_at_once_tells_what_happens_and_goes_on_where_it_was()
    {
        await using var watch = await OpenAsync();
        using var client = watch.Client(null);
        string last;
        using (var stream = await EventStream.OpenAsync(client, "/api/v1/stream"))
        {
            (await stream.NextAsync()).Event.ShouldBe("connected");
            await watch.SeeAsync(1, 1);
            var told = await stream.NextAsync();
            (told.Event, JsonElement.Parse(told.Data).GetProperty("resource_id").GetString()).ShouldBe(("unmanaged", "vpc-1"));
            last = told.Id;
        }

        await watch.SeeAsync(2, 3);
        using var again = await EventStream.OpenAsync(client, "/api/v1/stream", last);
        (await again.NextAsync()).Event.ShouldBe("connected");
        var missed = new List<string?>();
        while (missed.Count < 3)
        {
            missed.Add(JsonElement.Parse((await again.NextAsync()).Data).GetProperty("resource_id").GetString());
        }

        missed.Order(StringComparer.Ordinal).ShouldBe(["vpc-2", "vpc-3", "vpc-4"]);
    }

    [Fact]
    public async Task A_filtered_stream_leaves_out_what_is_not_wanted()
    {
        await using var watch = await OpenAsync();
        using var client = watch.Client(null);
        using var stream = await EventStream.OpenAsync(client, "/api/v1/stream?resource_type=aws_vpc&severity=medium");
        using var other = await EventStream.OpenAsync(client, "/api/v1/stream?provider=gcp");
        await stream.NextAsync();
        (await other.NextAsync()).Event.ShouldBe("connected");
        await watch.SeeAsync(1, 1);
        (await stream.NextAsync()).Event.ShouldBe("unmanaged");
        (await client.GetAsync("/api/v1/stream?severity=bad")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        other.HasMore.ShouldBeFalse();
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_dropped_and_holds_up_nobody()
    {
        await using var watch = await OpenAsync(patience: TimeSpan.FromSeconds(1));
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(IPAddress.Loopback, watch.Server.Address.Port);
        await slow.SendAsync(Encoding.ASCII.GetBytes("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        using var client = watch.Client(null);
        using var stream = await EventStream.OpenAsync(client, "/api/v1/stream");
        await stream.NextAsync();
        using var limit = new CancellationTokenSource(LongPatience);
        var sent = 0;
        while (!watch.Metrics().Contains("driftwatch_stream_clients_dropped_total{transport=\"sse\"} 1", StringComparison.Ordinal))
        {
            limit.Token.ThrowIfCancellationRequested();
            await watch.SeeAsync(sent, 500);
            sent += 500;
            for (var read = 0; read < 500; read++)
            {
                (await stream.NextAsync()).Event.ShouldBe("unmanaged");
            }
        }
    }

    [Fact]
    public async Task A_WebSocket_that_does_not_read_is_cut_off_and_holds_up_nobody()
    {
        await using var watch = await OpenAsync(patience: TimeSpan.FromSeconds(1));
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(IPAddress.Loopback, watch.Server.Address.Port);
        await slow.SendAsync("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8.ToArray());
        // A text of a client is masked; a mask of zeros is taken for none.
        var subscription = """{"type":"subscribe","topic":"all"}"""u8.ToArray();
        await slow.SendAsync((byte[])[0x81, (byte)(0x80 | subscription.Length), 1, 2, 3, 4, .. subscription.Select((each, at) => (byte)(each ^ (at % 4 + 1)))]);
        using var socket = await SocketAsync(watch);
        await ReceiveAsync(socket);
        await SendAsync(socket, """{"type":"subscribe","topic":"all"}""");
        await ReceiveAsync(socket);
        using var limit = new CancellationTokenSource(LongPatience);
        for (var sent = 0; !watch.Metrics().Contains("driftwatch_stream_clients_dropped_total{transport=\"websocket\"} 1", StringComparison.Ordinal); sent += 500)
        {
            limit.Token.ThrowIfCancellationRequested();
            await watch.SeeAsync(sent, 500);
            for (var read = 0; read < 500; read++)
            {
                (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("data");
            }
        }

        while (!watch.Metrics().Contains("driftwatch_stream_clients{transport=\"websocket\"} 1", StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }

        await SendAsync(socket, """{"type":"ping"}""");
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("pong");
    }

    [Fact]
    public async Task A_question_over_a_WebSocket_is_answered_by_the_API_and_counts_as_a_request()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Read, RateLimit = new RateLimitConfig { PerMinute = 1, Burst = 3 } } });
        await watch.SeeAsync(1, 2);
        using var socket = await SocketAsync(watch);
        (await ReceiveAsync(socket)).GetProperty("data").GetProperty("queries").GetRawText().ShouldContain("drifts");
        await SendAsync(socket, """{"type":"query","topic":"unmanaged","resource_type":"aws_vpc"}""");
        var answer = await ReceiveAsync(socket);
        (answer.GetProperty("type").GetString(), answer.GetProperty("topic").GetString()).ShouldBe(("data", "unmanaged"));
        answer.GetProperty("data").GetProperty("data").EnumerateArray().Select(drift => drift.GetProperty("resource_id").GetString()).ShouldBe(["vpc-2", "vpc-1"]);
        await SendAsync(socket, """{"type":"query","topic":"stats"}""");
        (await ReceiveAsync(socket)).GetProperty("data").GetProperty("drifts").GetProperty("total").GetInt32().ShouldBe(2);
        await SendAsync(socket, """{"type":"query","topic":"stats"}""");
        (await ReceiveAsync(socket)).GetProperty("error").GetString().ShouldStartWith("too many requests; try again in");
    }

    [Fact]
    public async Task There_are_no_more_clients_than_are_allowed()
    {
        await using var watch = await OpenAsync(streams: 1);
        using var client = watch.Client(null);
        using var stream = await EventStream.OpenAsync(client, "/api/v1/stream");
        await stream.NextAsync();
        var refused = await client.GetAsync("/api/v1/stream");
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_WebSocket_tells_what_was_subscribed_one_document_a_message()
    {
        await using var watch = await OpenAsync();
        using var socket = await SocketAsync(watch);
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("connected");
        await SendAsync(socket, """{"type":"subscribe","topic":"all"}""");
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("subscribed");
        await watch.SeeAsync(1, 5);
        for (var number = 1; number <= 5; number++)
        {
            var message = await ReceiveAsync(socket);
            (message.GetProperty("type").GetString(), message.GetProperty("data").GetProperty("resource_type").GetString()).ShouldBe(("data", "aws_vpc"));
        }

        await SendAsync(socket, """{"type":"ping"}""");
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("pong");
        await SendAsync(socket, "nonsense");
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("error");
        await SendAsync(socket, new string('x', 600));
        using var limit = new CancellationTokenSource(Patience);
        var closed = await socket.ReceiveAsync(new byte[1024].AsMemory(), limit.Token);
        (closed.MessageType, socket.CloseStatus).ShouldBe((WebSocketMessageType.Close, WebSocketCloseStatus.MessageTooBig));
    }

    [Fact]
    public async Task A_WebSocket_of_a_foreign_page_or_without_credentials_is_refused()
    {
        await using var watch = await OpenAsync();
        await Should.ThrowAsync<WebSocketException>(() => SocketAsync(watch, options => options.SetRequestHeader("Origin", "https://evil.example.com")));
        using var client = watch.Client(null);
        (await client.GetAsync("/ws")).StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        await using var closed = await RunningWatch.StartAsync(config => config with { Api = config.Api with { AdminTokenFile = _files.Write("adm1n") } });
        await Should.ThrowAsync<WebSocketException>(() => SocketAsync(closed));
        using var socket = await SocketAsync(closed, options =>
        {
            options.AddSubProtocol("driftwatch");
            options.AddSubProtocol("bearer.adm1n");
        });
        socket.SubProtocol.ShouldBe("driftwatch");
        (await ReceiveAsync(socket)).GetProperty("type").GetString().ShouldBe("connected");
    }

    private static Task<RunningWatch> OpenAsync(TimeSpan? patience = null, int streams = 500) =>
        RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Read, Streams = streams } }, patience);

    private static async Task<ClientWebSocket> SocketAsync(RunningWatch watch, Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new UriBuilder(watch.Server.Address) { Scheme = "ws", Path = "/ws" }.Uri, limit.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task SendAsync(ClientWebSocket socket, string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await socket.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, true, limit.Token);
    }

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(Patience);
        var (buffer, read) = (new byte[64 << 10], 0);
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer.AsMemory(read), limit.Token);
            read += result.Count;
        }
        while (!result.EndOfMessage);

        return JsonElement.Parse(buffer.AsSpan(0, read));
    }

    private sealed class EventStream(HttpResponseMessage answer, StreamReader reader) : IDisposable
    {
        private Task<string?>? _reading;

        /// <summary>Whether something came that was not read; waits for nothing.</summary>
        public bool HasMore => (_reading ??= reader.ReadLineAsync()).IsCompleted;

        public static async Task<EventStream> OpenAsync(HttpClient client, string path, string? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (lastEventId is not null)
            {
                request.Headers.Add("Last-Event-ID", lastEventId);
            }

            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
            return new EventStream(answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        public async Task<(string Id, string Event, string Data)> NextAsync()
        {
            var (id, name, data) = ("", "", "");
            while (true)
            {
                var line = await (_reading ?? reader.ReadLineAsync()).WaitAsync(Patience) ?? throw new EndOfStreamException("the stream ended");
                _reading = null;
                if (line.Length == 0 && data.Length > 0)
                {
                    return (id, name, data);
                }

                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var value = colon < 0 ? "" : line[(colon + 1)..].TrimStart();
                _ = line.Split(':')[0] switch { "id" => id = value, "event" => name = value, "data" => data = value, _ => "" };
            }
        }

        public void Dispose()
        {
            reader.Dispose();
            answer.Dispose();
        }
    }
}
