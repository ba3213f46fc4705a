using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Comptroller.Drift.Api.Access;

/// <summary>Where a request really comes from.</summary>
public static class ClientAddress
{
    private const int MostHops = 32;

    /// <summary>
    /// The first address, from the server outwards, that is no trusted proxy. What stands left of it in <c>X-Forwarded-For</c> was written
    /// by the client, who may write anything.
    /// </summary>
    /// <param name="peer">The other end of the connection.</param>
    /// <param name="forwardedFor">The header; all of its lines joined by commas.</param>
    /// <param name="trusted">Proxies that append to the header truthfully.</param>
    public static IPAddress Of(IPAddress peer, string forwardedFor, ImmutableArray<IPNetwork> trusted)
    {
        var address = Plain(peer);
        if (forwardedFor.Length == 0 || !IsIn(address, trusted))
        {
            return address;
        }

        var hops = forwardedFor.Split(',', StringSplitOptions.TrimEntries);
        for (var at = hops.Length - 1; at >= 0 && hops.Length - at <= MostHops && IsIn(address, trusted); at--)
        {
            if (!IPAddress.TryParse(WithoutPort(hops[at]), out var hop))
            {
                break;
            }

            address = Plain(hop);
        }

        return address;
    }

    /// <summary>What a rate is limited by: an address, or the network that one IPv6 customer has.</summary>
    public static string RateKey(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return $"ip:{address}";
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"ip:{new IPAddress(bytes)}/64";
    }

    public static bool IsIn(IPAddress address, ImmutableArray<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    // Sockets that listen on both families show IPv4 peers as ::ffff:a.b.c.d.
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string WithoutPort(string hop)
    {
        if (hop.StartsWith('['))
        {
            var end = hop.IndexOf(']', StringComparison.Ordinal);
            return end < 0 ? hop : hop[1..end];
        }

        return hop.Count(each => each == ':') == 1 ? hop[..hop.IndexOf(':', StringComparison.Ordinal)] : hop;
    }
}
