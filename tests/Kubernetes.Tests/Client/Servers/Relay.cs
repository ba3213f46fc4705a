using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Kubernetes.Tests.Client.Servers;

/// <summary>How a client says where it wants to go.</summary>
internal enum RelayProtocol
{
    /// <summary>It does not: every connection goes to one place.</summary>
    None,
    Connect,
    Socks5,
}

/// <summary>Carries bytes between a client and a server, as a network or a proxy does, until it is told to carry nothing more.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly RelayProtocol protocol;
    private readonly int target;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentBag<Task> work = [];
    private volatile bool frozen;

    private Relay(RelayProtocol protocol, int target, int port)
    {
        this.protocol = protocol;
        this.target = target;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        work.Add(AcceptAsync());
    }

    /// <summary>Where it listens, with the scheme of what it carries.</summary>
    public Uri Address => new($"{(protocol switch { RelayProtocol.None => "https", RelayProtocol.Connect => "http", _ => "socks5" })}://127.0.0.1:{Port}");

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Where clients of a proxy wanted to go, <c>host:port</c>.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>A network between the client and one server.</summary>
    public static Relay To(Uri server, int port = 0) => new(RelayProtocol.None, server.Port, port);

    /// <summary>A proxy that goes wherever it is asked to, on this machine.</summary>
    public static Relay Proxy(RelayProtocol protocol) => new(protocol, 0, 0);

    /// <summary>From now on everything is taken and nothing is passed on; the connections stay open, as behind a firewall that forgot them.</summary>
    public void Freeze() => frozen = true;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync(stop.Token);
            work.Add(Task.Run(() => CarryAsync(client)));
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            var near = client.GetStream();
            await server.ConnectAsync(IPAddress.Loopback, await TargetAsync(near), stop.Token);
            var far = server.GetStream();
            await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, stop.Token) is > 0 and var read)
        {
            if (!frozen)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), stop.Token);
            }
        }
    }

    private Task<int> TargetAsync(NetworkStream client) => protocol switch
    {
        RelayProtocol.Connect => ConnectAsync(client),
        RelayProtocol.Socks5 => Socks5Async(client),
        _ => Task.FromResult(target),
    };

    private async Task<int> ConnectAsync(NetworkStream client)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReadAsync(client, 1))[0]);
        }

        var (method, authority) = head.ToString().Split(' ') is [var first, var second, ..] ? (first, second) : ("", "");
        method.ShouldBe("CONNECT");
        Asked.Enqueue(authority);
        await client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), stop.Token);
        return int.Parse(authority.Split(':')[^1]);
    }

    /// <summary>RFC 1928, without authentication.</summary>
    private async Task<int> Socks5Async(NetworkStream client)
    {
        var greeting = await ReadAsync(client, 2);
        greeting[0].ShouldBe((byte)5);
        await ReadAsync(client, greeting[1]);
        await client.WriteAsync(new byte[] { 5, 0 }, stop.Token);
        var request = await ReadAsync(client, 4);
        var host = request[3] switch
        {
            1 => new IPAddress(await ReadAsync(client, 4)).ToString(),
            3 => Encoding.ASCII.GetString(await ReadAsync(client, (await ReadAsync(client, 1))[0])),
            _ => new IPAddress(await ReadAsync(client, 16)).ToString(),
        };
        var port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(client, 2));
        Asked.Enqueue($"{host}:{port}");
        await client.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, stop.Token);
        return port;
    }

    private async Task<byte[]> ReadAsync(NetworkStream client, int count)
    {
        var bytes = new byte[count];
        await client.ReadExactlyAsync(bytes, stop.Token);
        return bytes;
    }
}
