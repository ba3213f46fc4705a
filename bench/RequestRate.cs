using System.Diagnostics;

namespace Comptroller.Bench;

/// <summary>Requests per second, and the processor time that the server spent on each.</summary>
/// <param name="PerSecond">Answers that were read to their end.</param>
/// <param name="ServerMicroseconds">Processor time of the server's process per answer.</param>
internal sealed record RequestRate(double PerSecond, double ServerMicroseconds)
{
    private const int Connections = 8;

    /// <summary>Sends one request after the other on each of eight connections.</summary>
    /// <param name="server">Whose processor time is read.</param>
    /// <param name="createClient">A client with a connection of its own.</param>
    /// <param name="createRequest">The request number n, from 0.</param>
    /// <param name="length">How long; a fifth of it comes before, uncounted, for the server's compiler.</param>
    /// <param name="cancellationToken">Ends it early, with an exception.</param>
    public static async Task<RequestRate> MeasureAsync(
        ProcessUnderTest server, Func<HttpClient> createClient, Func<int, HttpRequestMessage> createRequest, TimeSpan length, CancellationToken cancellationToken)
    {
        var clients = Enumerable.Range(0, Connections).Select(_ => createClient()).ToList();
        var next = -1;
        try
        {
            await RunAsync(length / 5);
            var cpu = server.CpuSeconds;
            var time = Stopwatch.StartNew();
            var answers = await RunAsync(length);
            return new RequestRate(answers / time.Elapsed.TotalSeconds, (server.CpuSeconds - cpu) * 1e6 / answers);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        async Task<int> RunAsync(TimeSpan duration)
        {
            var time = Stopwatch.StartNew();
            var counts = await Task.WhenAll(clients.Select(client => Task.Run(
                async () =>
                {
                    var count = 0;
                    for (; time.Elapsed < duration; count++)
                    {
                        using var request = createRequest(Interlocked.Increment(ref next));
                        using var answer = await client.SendAsync(request, cancellationToken);
                        answer.EnsureSuccessStatusCode();
                    }

                    return count;
                },
                cancellationToken)));
            return counts.Sum();
        }
    }
}
