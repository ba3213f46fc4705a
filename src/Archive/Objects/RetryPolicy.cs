using System.Net;
using System.Net.Sockets;

namespace Comptroller.Archive.Objects;

/// <summary>Which failures of a store pass by themselves, and how long to wait for that.</summary>
public sealed class RetryPolicy(TimeProvider time)
{
    /// <summary>With full jitter, some twenty seconds altogether on average: longer than a restart of a gateway, shorter than the patience of a Job.</summary>
    private const int Attempts = 8;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Busy, away, slow or cut off: 500, 502, 503, 504, 408, 429, 409 of a conditional write that raced, and a connection that broke. Not 403, 404, 412.</summary>
    public static bool IsPassing(HttpStatusCode status, string? code) =>
        status is HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        || code is "RequestTimeout" or "SlowDown" or "InternalError" or "ServiceUnavailable" or "ConditionalRequestConflict" or "RequestTimeTooSkewed" or "OperationAborted";

    public static bool IsPassing(Exception error) =>
        error is HttpRequestException { StatusCode: null } or SocketException or TimeoutException or HttpIOException
        || (error is IOException and not ObjectStoreException and not FileNotFoundException and not DirectoryNotFoundException)
        || error is TaskCanceledException { InnerException: TimeoutException }
        || (error.InnerException is { } inner && IsPassing(inner));

    /// <summary>Runs a call until it succeeds, fails for good, or has been tried often enough.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, Func<Exception, bool> isPassing, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (attempt < Attempts && !cancellationToken.IsCancellationRequested && isPassing(e))
            {
                var most = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << attempt));
                await Task.Delay(most * Random.Shared.NextDouble(), time, cancellationToken);
            }
        }
    }
}
