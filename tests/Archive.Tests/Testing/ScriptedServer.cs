using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Archive.Tests.Testing;

/// <summary>An HTTP server on loopback that answers as a test says.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<Received, Answer> _answer;
    private readonly Task _serving;
    private readonly Lock _lock = new();

    private ScriptedServer(HttpListener listener, Uri endpoint, Func<Received, Answer> answer)
    {
        (_listener, Endpoint, _answer) = (listener, endpoint, answer);
        _serving = ServeAsync();
    }

    public Uri Endpoint { get; }

    /// <summary>Everything that was asked, in order.</summary>
    public List<Received> Requests { get; } = [];

    public static ScriptedServer Start(Func<Received, Answer> answer, string host = "127.0.0.1")
    {
        for (var attempt = 0; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Parse(host), 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var listener = new HttpListener { Prefixes = { $"http://{host}:{port}/" } };
            try
            {
                listener.Start();
                return new ScriptedServer(listener, new Uri($"http://{host}:{port}"), answer);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Somebody else was quicker to take the port.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = ServeAsync(context);
        }
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        try
        {
            var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
            var received = new Received(context.Request.HttpMethod, context.Request.RawUrl!, headers, body.ToArray());
            Answer answer;
            lock (_lock)
            {
                Requests.Add(received);
                answer = _answer(received);
            }

            context.Response.StatusCode = answer.Status;
            foreach (var (name, value) in answer.Headers)
            {
                context.Response.Headers[name] = value;
            }

            context.Response.ContentLength64 = received.Method == "HEAD" && answer.Headers.ContainsKey("x-length") ? long.Parse(answer.Headers["x-length"]) : answer.Body.Length;
            if (answer.Reset || answer.CutAt is not null)
            {
                // The listener ends an answer that has not begun in order, so this one begins and promises more than it brings.
                context.Response.ContentLength64 = answer.Body.Length + 100;
                await context.Response.OutputStream.WriteAsync(answer.Reset ? new byte[1] : answer.Body.AsMemory(0, answer.CutAt!.Value));
                context.Response.Abort();
                return;
            }

            if (received.Method != "HEAD")
            {
                await context.Response.OutputStream.WriteAsync(answer.Body);
            }

            context.Response.Close();
        }
        catch (Exception e) when (e is IOException or HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side was quicker.
        }
    }
}

/// <summary>A request.</summary>
internal sealed record Received(string Method, string Url, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Path => Url.Split('?')[0];

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A parameter of the URL, decoded; null when absent.</summary>
    public string? this[string name] => Url.Split('?', 2).ElementAtOrDefault(1)?.Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair[0] == name).Select(pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "")).FirstOrDefault();

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public Dictionary<string, string> Form => Text.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => WebUtility.UrlDecode(pair[0]), pair => WebUtility.UrlDecode(pair[1]));
}

/// <summary>What is answered.</summary>
internal sealed record Answer(int Status, byte[] Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The connection breaks before anything that can be read.</summary>
    public bool Reset { get; init; }

    /// <summary>The connection breaks behind so many bytes.</summary>
    public int? CutAt { get; init; }

    public Answer With(params (string Name, string Value)[] headers) => this with { Headers = headers.ToDictionary(header => header.Name, header => header.Value) };

    public static Answer Of(int status, string body = "") => new(status, Encoding.UTF8.GetBytes(body));
}
