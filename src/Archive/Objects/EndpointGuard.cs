using System.Net;
using System.Net.Sockets;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Keeps endpoints that a user gave from reaching what only this machine may reach: itself, its link and the cloud's metadata service. Names are
/// resolved when a connection is made and the connection goes to the address that was looked at, so a name cannot change its meaning in between.
/// </summary>
public static class EndpointGuard
{
    /// <summary>What the endpoint of a store may look like.</summary>
    /// <param name="endpoint">As the user wrote it.</param>
    /// <param name="allowPlain">Whether http is accepted.</param>
    /// <exception cref="FormatException">It may not be used; the message says why.</exception>
    public static Uri Check(string endpoint, bool allowPlain)
    {
        if (endpoint.Length > 2048 || !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new FormatException($"endpoint \"{endpoint}\": not a URL such as https://s3.example.com");
        }

        return uri.Scheme != Uri.UriSchemeHttps && !(allowPlain && uri.Scheme == Uri.UriSchemeHttp) ? throw new FormatException($"endpoint {endpoint}: https is needed; plain http shows every byte to the network and must be allowed explicitly")
            : uri.UserInfo.Length > 0 ? throw new FormatException("endpoint: no user or password in a URL; give credentials apart from it")
            : uri.Query.Length > 0 || uri.Fragment.Length > 0 ? throw new FormatException($"endpoint {endpoint}: no query and no fragment")
            : uri;
    }

    /// <summary>Whether a connection may go there. Private networks are allowed: that is where most stores of a company are.</summary>
    public static bool IsAllowed(IPAddress address)
    {
        // ::ffff:169.254.169.254, and 64:ff9b::/96 and 2002::/16, which gateways turn back into the address inside.
        if (address.IsIPv4MappedToIPv6)
        {
            return IsAllowed(address.MapToIPv4());
        }

        var bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !(bytes[0] is 0 or 127 || bytes[0] >= 224 || (bytes[0] == 169 && bytes[1] == 254) || (bytes[0], bytes[1], bytes[2], bytes[3]) == (100, 100, 100, 200))
            : !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.IsIPv6SiteLocal
                || address.Equals(MetadataOverIpv6)
                || (bytes.AsSpan(0, 12).SequenceEqual(TranslationPrefix) && !IsAllowed(new IPAddress(bytes.AsSpan(12))))
                || (bytes[0] == 0x20 && bytes[1] == 0x02 && !IsAllowed(new IPAddress(bytes.AsSpan(2, 4)))));
    }

    /// <summary>A handler that connects only to addresses that are allowed, and follows no redirects.</summary>
    /// <param name="allowLocal">For a store on this machine, which somebody must have asked for by name.</param>
    /// <param name="resolve">Finds the addresses of a name; the machine's own way when null.</param>
    public static SocketsHttpHandler Handler(bool allowLocal, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        ConnectCallback = async (context, cancellationToken) =>
        {
            var addresses = await (resolve ?? Dns.GetHostAddressesAsync)(context.DnsEndPoint.Host, cancellationToken);
            var allowed = addresses.Where(address => allowLocal || IsAllowed(address)).ToArray();
            if (allowed.Length == 0)
            {
                throw new ObjectStoreException($"{context.DnsEndPoint.Host}: leads to {string.Join(", ", addresses.AsEnumerable())}, where no object store of a user may be") { IsDenied = true };
            }

            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static readonly IPAddress MetadataOverIpv6 = IPAddress.Parse("fd00:ec2::254");

    private static ReadOnlySpan<byte> TranslationPrefix => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
}
