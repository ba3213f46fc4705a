using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>What goes wrong between a program and its store.</summary>
internal enum Fault
{
    /// <summary>500 with an S3 error.</summary>
    InternalError,

    /// <summary>503 SlowDown.</summary>
    SlowDown,

    /// <summary>The connection is reset before anything is sent on.</summary>
    ResetBefore,

    /// <summary>The store gets the request and its answer is lost.</summary>
    ResetAfter,

    /// <summary>The answer stops in the middle.</summary>
    CutAnswer,

    /// <summary>A success whose body is an error, and nothing was done.</summary>
    ErrorWithSuccess,

    /// <summary>The answer comes in drops.</summary>
    Slow,
}

/// <summary>Stands before a store and breaks the next exchanges. One exchange a connection, so that each fault hits one request.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private const string Awaits = "\r\nExpect: 100-continue";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _store;
    private readonly Task _accepting;
    private readonly Lock _lock = new();
    private (Fault Fault, int Left) _next;

    private FaultProxy(Uri store)
    {
        _store = store;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Seen { get; private set; }

    /// <summary>Sees the head of each request before it goes on.</summary>
    public Action<string>? Before { get; set; }

    /// <summary>Sees the head of each request when the store has answered and the answer has not gone on.</summary>
    public Action<string>? After { get; set; }

    public static FaultProxy Start(Uri store) => new(store);

    public void Next(Fault fault, int times)
    {
        lock (_lock)
        {
            _next = (fault, times);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var request = await ReadRequestAsync(stream);
                if (request.Length > 0)
                {
                    Before?.Invoke(HeadOf(request));
                    await AnswerAsync(client, stream, request, Take());
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The other side was quicker.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client, NetworkStream stream, byte[] request, Fault? fault)
    {
        switch (fault)
        {
            case Fault.InternalError:
                await stream.WriteAsync(Error("500 Internal Server Error", "InternalError"), _stop.Token);
                return;
            case Fault.SlowDown:
                await stream.WriteAsync(Error("503 Slow Down", "SlowDown"), _stop.Token);
                return;
            case Fault.ErrorWithSuccess:
                await stream.WriteAsync(Error("200 OK", "InternalError"), _stop.Token);
                return;
            case Fault.ResetBefore:
                client.Client.LingerState = new LingerOption(true, 0);
                return;
        }

        using var store = new TcpClient();
        await store.ConnectAsync(_store.Host, _store.Port, _stop.Token);
        await store.GetStream().WriteAsync(request, _stop.Token);
        using var answer = new MemoryStream();
        await store.GetStream().CopyToAsync(answer, _stop.Token);
        After?.Invoke(HeadOf(request));
        if (fault == Fault.ResetAfter)
        {
            client.Client.LingerState = new LingerOption(true, 0);
            return;
        }

        var bytes = answer.ToArray();
        for (var drop = 0; fault == Fault.Slow && drop < Math.Min(bytes.Length, 40); drop++)
        {
            await stream.WriteAsync(bytes.AsMemory(drop, 1), _stop.Token);
            await Task.Delay(1, _stop.Token);
        }

        bytes = fault == Fault.Slow ? bytes[Math.Min(bytes.Length, 40)..] : bytes;
        await stream.WriteAsync(fault == Fault.CutAnswer ? bytes.AsMemory(0, Math.Min(bytes.Length - 3, bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 2)) : bytes, _stop.Token);
    }

    private Fault? Take()
    {
        lock (_lock)
        {
            if (_next.Left == 0)
            {
                return null;
            }

            Seen++;
            _next.Left--;
            return _next.Fault;
        }
    }

    // Head and body, with the connection asked to end behind the answer.
    private async Task<byte[]> ReadRequestAsync(NetworkStream stream)
    {
        var (bytes, buffer, isAwaited) = (new MemoryStream(), new byte[64 << 10], true);
        while (true)
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0)
            {
                return [];
            }

            bytes.Write(buffer, 0, read);
            var all = bytes.ToArray();
            var end = all.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                continue;
            }

            var head = Encoding.ASCII.GetString(all, 0, end);
            if (isAwaited && head.Contains(Awaits, StringComparison.OrdinalIgnoreCase))
            {
                // A client that asks first holds its body back for a second when nobody answers: each write took that long.
                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _stop.Token);
                isAwaited = false;
            }

            var length = head.Split("\r\n").Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Select(line => int.Parse(line.AsSpan(15))).FirstOrDefault();
            if (all.Length >= end + 4 + length)
            {
                return [.. Encoding.ASCII.GetBytes(head.Replace(Awaits, "", StringComparison.OrdinalIgnoreCase) + "\r\nConnection: close\r\n\r\n"), .. all.AsSpan(end + 4)];
            }
        }
    }

    private static string HeadOf(byte[] request) => Encoding.ASCII.GetString(request, 0, request.AsSpan().IndexOf("\r\n\r\n"u8));

    private static byte[] Error(string status, string code)
    {
        var body = $"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>try later</Message></Error>";
        return Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
    }
}
