using System.Globalization;
using System.Net;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>Reads bind addresses as Kubernetes programs write them.</summary>
internal static class BindAddress
{
    /// <summary><c>:8080</c> is all interfaces, <c>127.0.0.1:8080</c>, <c>[::1]:8080</c> or <c>localhost:8080</c> one; <c>0</c> or empty is none (null).</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static IPEndPoint? Parse(string text)
    {
        if (text is "" or "0")
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            var host = text[..colon];
            if (host.Length == 0)
            {
                return new IPEndPoint(IPAddress.IPv6Any, port);
            }

            if (host == "localhost")
            {
                return new IPEndPoint(IPAddress.Loopback, port);
            }

            if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            {
                return new IPEndPoint(address, port);
            }
        }

        throw new FormatException($"'{text}' is no bind address: write :8080, 127.0.0.1:8080, or 0 to switch it off");
    }
}
