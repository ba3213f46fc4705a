using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Notifications;

/// <summary>
/// Keeps messages from reaching what only this machine reaches: itself, its link, and the metadata services of clouds, which hand out
/// credentials. It looks at the addresses that are connected to, so a name that resolves to another address later is no way around it.
/// Addresses of private networks are allowed: Alertmanager lives there.
/// </summary>
public static class UrlGuard
{
    private static readonly IPNetwork[] Forbidden =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("255.255.255.255/32"),
        // Azure's wire server, and the metadata services of Alibaba Cloud and, over IPv6, AWS and Google Cloud.
        IPNetwork.Parse("168.63.129.16/32"), IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("fd00:ec2::254/128"), IPNetwork.Parse("fd20:ce::254/128"),
        IPNetwork.Parse("::/128"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Allows(IPAddress address, ImmutableArray<IPNetwork> exceptions)
    {
        var plain = ClientAddress.Plain(address);
        if (plain.AddressFamily == AddressFamily.InterNetworkV6 && Translated.Contains(plain))
        {
            plain = new IPAddress(plain.GetAddressBytes().AsSpan(12));
        }

        return ClientAddress.IsIn(plain, exceptions) || !Array.Exists(Forbidden, network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }

    /// <summary>Connects to the first address of a name that is allowed.</summary>
    /// <exception cref="HttpRequestException">None is, or none answers.</exception>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, ImmutableArray<IPNetwork> exceptions, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => Allows(address, exceptions));
        if (allowed.Length == 0)
        {
            throw new HttpRequestException("the address is this machine, its link or a metadata service; configure notifications.allowedNetworks if that is meant");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
