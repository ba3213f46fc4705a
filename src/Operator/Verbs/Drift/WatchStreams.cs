using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Api.Streams;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>
/// Server-sent events and WebSockets. Nothing is queued for a client: it is at a place in the feed, and reads on from there when it has
/// read what it was sent. One that reads nothing for a while is dropped, and goes on later from where it was.
/// </summary>
internal sealed class WatchStreams(WatchParts parts, RateLimiter limiter, CancellationToken stopping)
{
    private const int MostTogether = 64;
    private const string Protocol = "driftwatch";
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly byte[] KeepAlive = Encoding.UTF8.GetBytes(": keep-alive\n\n");

    private readonly WatchHeaders _headers = new(parts.View.Config);

    public async Task ServeEventsAsync(HttpContext context, ApiTarget target)
    {
        var filter = FeedFilter.Of(target);
        var lastEventId = context.Request.Headers["Last-Event-ID"].ToString();
        var at = await parts.Feed.StartAsync(lastEventId.Length > 0 ? lastEventId : target.Query.GetValueOrDefault("last_event_id"), context.RequestAborted);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = "text/event-stream";
            return;
        }

        Enter();
        parts.Figures.Connected("sse");
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            // nginx would keep events until a buffer is full.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await SendAsync(context, Encoding.UTF8.GetBytes(Connected(at)), ends.Token);
            var reading = parts.Feed.ReadAsync(at, MostTogether, ends.Token);
            while (true)
            {
                if (!await EndsWithinAsync(reading, Silence, ends.Token))
                {
                    await SendAsync(context, KeepAlive, ends.Token);
                    continue;
                }

                var (events, last) = await reading;
                var text = string.Concat(events.Where(filter.Wants).Select(each => each.ToServerSentEvent()));
                if (text.Length > 0)
                {
                    await SendAsync(context, Encoding.UTF8.GetBytes(text), ends.Token);
                }

                at = last;
                reading = parts.Feed.ReadAsync(at, MostTogether, ends.Token);
            }
        }
        finally
        {
            await ends.CancelAsync();
            parts.Figures.Disconnected("sse");
        }
    }

    public async Task ServeSocketAsync(HttpContext context, ApiTarget target, Caller caller)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            throw new ApiException(StatusCodes.Status426UpgradeRequired, "this is a WebSocket; ask for an upgrade");
        }

        if (!_headers.IsOwnOrigin(context.Request))
        {
            throw new ApiException(StatusCodes.Status403Forbidden, "pages of this origin may not connect; configure api.corsOrigins");
        }

        var conversation = new SocketConversation(FeedFilter.Of(target), parts.View.Time);
        var at = await parts.Feed.StartAsync(target.Query.GetValueOrDefault("last_event_id"), context.RequestAborted);
        Enter();
        parts.Figures.Connected("websocket");
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        using var sending = new SemaphoreSlim(1);
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol) ? Protocol : null);
            await SendAsync(socket, conversation.Connected(), sending, ends.Token);
            // Two tasks, and whichever ends ends the other: a client that only listens, and one that only talks.
            var listening = ListenAsync(socket, conversation, caller, sending, ends.Token);
            var telling = TellAsync(socket, conversation, at, sending, ends.Token);
            await Task.WhenAny(listening, telling);
            await ends.CancelAsync();
            await Task.WhenAll(Quietly(listening), Quietly(telling));
        }
        finally
        {
            parts.Figures.Disconnected("websocket");
        }
    }

    private async Task ListenAsync(WebSocket socket, SocketConversation conversation, Caller caller, SemaphoreSlim sending, CancellationToken cancellationToken)
    {
        var buffer = new byte[SocketConversation.MostBytes + 1];
        while (true)
        {
            var read = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(read), cancellationToken);
                read += result.Count;
            }
            while (!result.EndOfMessage && read <= SocketConversation.MostBytes);

            if (result.MessageType == WebSocketMessageType.Close)
            {
                await CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "", sending, cancellationToken);
                return;
            }

            if (read > SocketConversation.MostBytes)
            {
                await CloseAsync(socket, WebSocketCloseStatus.MessageTooBig, $"more than {SocketConversation.MostBytes} bytes", sending, cancellationToken);
                return;
            }

            SocketAnswer answer;
            lock (conversation)
            {
                answer = conversation.Answer(buffer.AsMemory(0, read));
            }

            await SendAsync(socket, answer.Query is { } query ? await AskAsync(conversation, query, caller, cancellationToken) : answer.Text, sending, cancellationToken);
        }
    }

    // A question is one of the API, over a connection that is there already: it counts as one, or the limit would be none.
    private async Task<string> AskAsync(SocketConversation conversation, SocketQuery query, Caller caller, CancellationToken cancellationToken)
    {
        if (limiter.Take(caller.Name) is { IsAllowed: false } decision)
        {
            parts.Figures.Limited();
            parts.Noted($"rate limit exceeded for client {caller.Name}");
            return conversation.Error($"too many requests; try again in {decision.RetryAfterSeconds} s");
        }

        var target = ApiTarget.Parse(query.Target);
        return conversation.Answered(query, await DriftApi.AnswerAsync(parts.Api.Find("GET", target.Path), target, caller, default, cancellationToken));
    }

    private async Task TellAsync(WebSocket socket, SocketConversation conversation, long at, SemaphoreSlim sending, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (events, last) = await parts.Feed.ReadAsync(at, MostTogether, cancellationToken);
            at = last;
            foreach (var each in events)
            {
                string? message;
                lock (conversation)
                {
                    message = conversation.Event(each);
                }

                if (message is not null)
                {
                    await SendAsync(socket, message, sending, cancellationToken);
                }
            }
        }
    }

    private void Enter()
    {
        if (parts.Figures.Clients >= parts.View.Config.Api.Streams)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, $"{parts.View.Config.Api.Streams} clients listen already; raise api.streams or try again");
        }
    }

    private static string Connected(long at) => $"retry: 2000\nid: {at.ToString(CultureInfo.InvariantCulture)}\nevent: connected\ndata: {{\"message\":\"connected\",\"last_event_id\":\"{at.ToString(CultureInfo.InvariantCulture)}\",\"events\":[\"drift\",\"unmanaged\"]}}\n\n";

    private async Task SendAsync(HttpContext context, byte[] bytes, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(parts.StreamPatience);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await context.Response.Body.WriteAsync(bytes, patience.Token);
            await context.Response.Body.FlushAsync(patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && late.IsCancellationRequested)
        {
            // A write that is cut off ends the request and with it cancellationToken: only the time tells why.
            parts.Figures.Dropped("sse");
            context.Abort();
            throw;
        }
    }

    private async Task SendAsync(WebSocket socket, string message, SemaphoreSlim sending, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(parts.StreamPatience);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        await sending.WaitAsync(cancellationToken);
        try
        {
            // One document a frame: readers parse what a message holds.
            await socket.SendAsync(Encoding.UTF8.GetBytes(message).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException && late.IsCancellationRequested)
        {
            // As above, by way of the broken socket.
            parts.Figures.Dropped("websocket");
            socket.Abort();
            throw;
        }
        finally
        {
            sending.Release();
        }
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status, string why, SemaphoreSlim sending, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            await socket.CloseOutputAsync(status, why, cancellationToken);
        }
        finally
        {
            sending.Release();
        }
    }

    private static async Task<bool> EndsWithinAsync(Task task, TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(time, cancellationToken);
            return true;
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }
    }

    // The client went, or was dropped: both are how streams end.
    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
        }
    }
}
