using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Drift.Tests.Notifications;

/// <summary>A receiver that answers as scripted, the last answer again and again.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _answers;
    private readonly Task _serving;
    private string _last = "";

    public Receiver(params string[] answers)
    {
        _answers = new ConcurrentQueue<string>(answers);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook/secret-token");

    /// <summary>Head and body of every request.</summary>
    public ConcurrentQueue<(string Head, string Body)> Requests { get; } = new();

    /// <summary>Called instead of answering: the connection ends then.</summary>
    public Action? Instead { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            var (text, buffer) = (new StringBuilder(), new byte[64 << 10]);
            while (true)
            {
                var read = await stream.ReadAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    return;
                }

                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                var all = text.ToString();
                var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end > 0)
                {
                    var length = int.Parse(all.Split("Content-Length: ")[1].Split("\r\n")[0]);
                    if (Encoding.UTF8.GetByteCount(all[(end + 4)..]) >= length)
                    {
                        Requests.Enqueue((all[..end], all[(end + 4)..]));
                        break;
                    }
                }
            }

            if (Instead is { } instead)
            {
                instead();
                return;
            }

            _last = _answers.TryDequeue(out var answer) ? answer : _last;
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {_last}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _stop.Token);
        }
        catch (IOException)
        {
        }
    }
}
