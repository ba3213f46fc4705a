using System.Net;
using System.Net.Sockets;

namespace Comptroller.Tests;

/// <summary>Ports for programs that have to be told one before they start, and for places where nobody listens.</summary>
internal static class FreePort
{
    // Below those that the kernel gives to connections and to whoever asks for any (32768 and up): one of them can be somebody else's between the look
    // and the start. Each test process has a hundred of its own, so that two that run at once do not meet either.
    private const int Lowest = 12_000;
    private const int Processes = 200;
    private const int Each = 100;
    private static int _taken;

    /// <summary>A port on loopback on which nobody listens, nor on the one after it; no other caller gets either before the hundred has gone round.</summary>
    public static int Take()
    {
        for (var tries = 0; tries < Each / 2; tries++)
        {
            var port = Lowest + (Environment.ProcessId % Processes * Each) + (Interlocked.Increment(ref _taken) * 2 % Each);
            if (IsFree(port) && IsFree(port + 1))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"all ports of this process from {Lowest} on are taken");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
