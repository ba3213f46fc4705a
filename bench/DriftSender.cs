using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Comptroller.Bench;

/// <summary>
/// Sends alerts as Falco does: over connections that stay open, one request after the other on each. Requests are made before anything is
/// measured, so that what is measured is the receiver; sender and receiver share the machine.
/// </summary>
internal sealed class DriftSender
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly byte[][] _requests;
    private long _sent;

    /// <param name="estate">What the alerts are about.</param>
    /// <param name="alerts">How many different ones.</param>
    /// <param name="together">How many in a request; one is sent as Falco sends it, several as a list.</param>
    public DriftSender(DriftEstate estate, int alerts, int together)
    {
        Together = together;
        _requests = new byte[alerts / together][];
        for (var number = 0; number < _requests.Length; number++)
        {
            var body = new MemoryStream();
            for (var at = 0; at < together; at++)
            {
                body.Write(together == 1 ? [] : at == 0 ? "["u8 : ","u8);
                body.Write(estate.Alert(number * together + at, 0));
            }

            body.Write(together == 1 ? [] : "]"u8);
            Bytes += body.Length;
            _requests[number] = Request(body.ToArray());
        }
    }

    public int Together { get; }

    /// <summary>Of all bodies.</summary>
    public long Bytes { get; }

    public int Requests => _requests.Length;

    /// <summary>A request of Falco with a body.</summary>
    public static byte[] Request(byte[] body) =>
        [.. Encoding.ASCII.GetBytes(string.Create(Invariant, $"POST /api/v1/falco/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n")), .. body];

    /// <summary>Makes the alerts of a request others, as those of a cloud all are: the receiver would know them by their ids, and count them once.</summary>
    /// <param name="request">Nobody is sending it.</param>
    /// <param name="sent">How many alerts were sent before.</param>
    public static void Renew(Span<byte> request, ref long sent)
    {
        ReadOnlySpan<byte> field = "\"ct.id\":\""u8;
        for (var at = request.IndexOf(field); at >= 0; at = request.IndexOf(field))
        {
            request = request[(at + field.Length)..];
            Utf8Formatter.TryFormat((uint)Interlocked.Increment(ref sent), request, out _, new StandardFormat('x', 8));
        }
    }

    /// <summary>Sends until so many requests are answered, or the time is over.</summary>
    /// <param name="watch">Whose processor time is read.</param>
    /// <param name="connections">How many.</param>
    /// <param name="requests">How many at most.</param>
    /// <param name="length">How long at most.</param>
    /// <param name="perSecond">Requests that become due each second, whatever was answered; null for as many as are answered. A request that waits for its turn waits from when it was due.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<Rate> SendAsync(DriftProcess watch, int connections, int requests, TimeSpan length, double? perSecond, CancellationToken cancellationToken)
    {
        var next = -1;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(length + Patience);
        try
        {
            return await SendAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the watch on port {watch.Port} left requests unanswered for {Patience.TotalSeconds:0} s", e);
        }

        async Task<Rate> SendAsync(CancellationToken stop)
        {
            var (cpu, time) = (watch.Process.CpuSeconds, Stopwatch.StartNew());
            var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(
                async () =>
                {
                    var (waits, failures) = (new List<double>(), 0);
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, watch.Port), stop);
                    var answer = new byte[4096];
                    while (Interlocked.Increment(ref next) is var number && number < requests)
                    {
                        var due = perSecond is { } pace ? TimeSpan.FromSeconds(number / pace) : time.Elapsed;
                        if (due > length)
                        {
                            break;
                        }

                        if (due > time.Elapsed)
                        {
                            await Task.Delay(due - time.Elapsed, stop);
                        }

                        var request = _requests[number % _requests.Length];
                        Renew(request, ref _sent);
                        await socket.SendAsync(request, stop);
                        var read = await socket.ReceiveAsync(answer, stop);
                        waits.Add((time.Elapsed - due).TotalMilliseconds);
                        failures += answer.AsSpan(0, Math.Min(read, 12)).SequenceEqual("HTTP/1.1 202"u8) ? 0 : 1;
                    }

                    return (waits, failures);
                },
                stop)));
            var elapsed = time.Elapsed.TotalSeconds;
            var all = results.SelectMany(result => result.waits).Order().ToArray();
            if (all.Length == 0)
            {
                throw new TimeoutException($"the watch on port {watch.Port} answered nothing within {length.TotalSeconds:0} s");
            }

            var alerts = (long)all.Length * Together;
            return new Rate(alerts, alerts / elapsed, all[all.Length / 2], all[(int)(all.Length * 0.99)], (watch.Process.CpuSeconds - cpu) * 1e6 / alerts, results.Sum(result => result.failures));
        }
    }
}

/// <summary>How sending went.</summary>
/// <param name="Alerts">How many were answered.</param>
/// <param name="PerSecond">The same, a second.</param>
/// <param name="P50">Milliseconds to the answer, which comes when the verdict is stored.</param>
/// <param name="P99">Of one in a hundred, at least so many.</param>
/// <param name="Microseconds">Processor time of the watch for an alert.</param>
/// <param name="Failures">Requests that were not accepted.</param>
internal sealed record Rate(long Alerts, double PerSecond, double P50, double P99, double Microseconds, int Failures)
{
    public string Note => string.Create(CultureInfo.InvariantCulture, $"to the stored verdict p50 {P50:0.0} ms, p99 {P99:0.0} ms; {Microseconds:0} us of the watch's processor each; {Failures} refused");
}
