using System.Net;
using System.Net.Sockets;

namespace Comptroller.Bench;

/// <summary>Stands before a server and counts the requests that pass. Slower than the way without it, so nothing is timed through it.</summary>
internal sealed class RequestCounter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _server;
    private readonly Task _accepting;
    private int _count;

    public RequestCounter(Uri server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Count => _count;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using var server = new TcpClient();
            await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
            await Task.WhenAny(PassAsync(client.GetStream(), server.GetStream(), isCounted: true), PassAsync(server.GetStream(), client.GetStream(), isCounted: false));
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, bool isCounted)
    {
        // A head ends its first line so; no body of a backup holds the words.
        var (mark, matched, buffer) = (" HTTP/1.1\r\n"u8.ToArray(), 0, new byte[64 << 10]);
        while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var read)
        {
            for (var i = 0; isCounted && i < read; i++)
            {
                matched = buffer[i] == mark[matched] ? matched + 1 : buffer[i] == mark[0] ? 1 : 0;
                if (matched == mark.Length)
                {
                    Interlocked.Increment(ref _count);
                    matched = 0;
                }
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
