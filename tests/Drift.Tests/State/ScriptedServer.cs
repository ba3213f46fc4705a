using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Drift.Tests.State;

/// <summary>A server of HTTP/1.1 in this process whose answers the test writes: one request a connection.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Request, Answer> _script;
    private readonly Task _running;

    public ScriptedServer(Func<Request, Answer> script)
    {
        _script = script;
        _listener.Start();
        _running = RunAsync();
    }

    public sealed record Request(string Method, string Path, Dictionary<string, string> Headers, string Body);

    public sealed record Answer(int Status, byte[] Body, params string[] Headers)
    {
        public Answer(int status, string body = "", params string[] headers)
            : this(status, Encoding.UTF8.GetBytes(body), headers)
        {
        }
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public ConcurrentQueue<Request> Seen { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(30));
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                if (await ReadAsync(stream) is { } request)
                {
                    Seen.Enqueue(request);
                    var answer = _script(request);
                    var head = $"HTTP/1.1 {answer.Status} X\r\nContent-Length: {answer.Body.Length}\r\nConnection: close\r\n{string.Concat(answer.Headers.Select(header => header + "\r\n"))}\r\n";
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
                    await stream.WriteAsync(answer.Status == 304 ? [] : answer.Body, _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
        }
    }

    private async Task<Request?> ReadAsync(NetworkStream stream)
    {
        var (buffer, length) = (new byte[64 << 10], 0);
        while (true)
        {
            var text = Encoding.UTF8.GetString(buffer, 0, length);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var lines = text[..end].Split("\r\n");
                var first = lines[0].Split(' ');
                var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
                var wanted = int.Parse(headers.GetValueOrDefault("Content-Length", "0"), System.Globalization.CultureInfo.InvariantCulture);
                if (length >= end + 4 + wanted)
                {
                    return new Request(first[0], first[1], headers, text[(end + 4)..]);
                }
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), _stop.Token);
            if (read == 0)
            {
                return null;
            }

            length += read;
        }
    }
}
