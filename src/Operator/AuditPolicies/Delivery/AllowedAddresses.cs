using System.Net;
using System.Net.Sockets;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>
/// Connects to what users of AuditPolicy may have the operator connect to: not to the operator's own pod (loopback), and not to the link of its
/// node, where clouds keep credentials. The address is judged after the name was resolved, so a name cannot hide one.
/// </summary>
internal sealed class AllowedAddresses(bool loopback)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var all = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var allowed = Array.FindAll(all, IsAllowed);
        if (allowed.Length == 0 && all.Length > 0)
        {
            throw new CannotAskException("its address is one of loopback or of the node's link, which are not asked");
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
    }

    internal bool IsAllowed(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain))
        {
            return loopback;
        }

        return !plain.IsIPv6LinkLocal && !plain.IsIPv6Multicast && !plain.Equals(IPAddress.Any) && !plain.Equals(IPAddress.IPv6Any)
            && (plain.AddressFamily != AddressFamily.InterNetwork || plain.GetAddressBytes() is not ([169, 254, ..] or [0, ..] or [>= 224, ..]));
    }
}
