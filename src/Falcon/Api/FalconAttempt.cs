using System.Globalization;
using System.Net;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Api;

/// <summary>One HTTP request and what is true of every one: a deadline, counting, and what the rate limit headers say.</summary>
internal sealed class FalconAttempt : IDisposable
{
    private readonly CancellationTokenSource _deadline;

    private FalconAttempt(CancellationTokenSource deadline, HttpResponseMessage? response, AttemptOutcome outcome, FalconApiException? error)
    {
        (_deadline, Response, Outcome, Error) = (deadline, response, outcome, error);
    }

    /// <summary>Set unless the request failed or should be repeated.</summary>
    public HttpResponseMessage? Response { get; }

    public AttemptOutcome Outcome { get; }

    public FalconApiException? Error { get; }

    /// <summary>For reading the body: it counts into the time of the request.</summary>
    public CancellationToken Deadline => _deadline.Token;

    public static async Task<FalconAttempt> SendAsync(
        HttpClient http, HttpRequestMessage request, TimeSpan timeout, TimeProvider time, RateLimiter limiter, FalconCounters counters, FalconOperation operation, CancellationToken cancellationToken)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        HttpResponseMessage? response = null;
        try
        {
            using (request)
            {
                response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            counters.Request(operation, null);
            var message = e is OperationCanceledException ? $"no answer within {timeout.TotalSeconds:0} s" : $"no connection: {e.Message}";
            return new FalconAttempt(deadline, null, AttemptOutcome.Transient, new FalconApiException(operation, FalconFailure.Unavailable, message, null, e));
        }

        counters.Request(operation, response.StatusCode);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            counters.Throttled();
            limiter.TooManyRequests(RetryAfter(response, time));
            response.Dispose();
            return new FalconAttempt(deadline, null, AttemptOutcome.Throttled,
                new FalconApiException(operation, FalconFailure.Throttled, "the API refuses for too many requests; lower the rate limit or run less often", HttpStatusCode.TooManyRequests));
        }

        if ((int)response.StatusCode >= 500 || response.StatusCode == HttpStatusCode.RequestTimeout)
        {
            var status = response.StatusCode;
            response.Dispose();
            return new FalconAttempt(deadline, null, AttemptOutcome.Transient,
                new FalconApiException(operation, FalconFailure.Unavailable, $"the API answers {(int)status}", status));
        }

        return new FalconAttempt(deadline, response, AttemptOutcome.Done, null);
    }

    /// <summary>Requests left, as the API says; null when it does not.</summary>
    public static int? Remaining(HttpResponseMessage response) => (int?)Number(response, "X-Ratelimit-Remaining");

    /// <summary>The limit fell from thousands to fifteen: the API takes us for a client without a token.</summary>
    public static bool LooksUnauthenticated(HttpResponseMessage response) => Number(response, "X-Ratelimit-Limit") is > 0 and <= 15;

    public void Dispose()
    {
        Response?.Dispose();
        _deadline.Dispose();
    }

    private static DateTimeOffset? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        if (Number(response, "X-Ratelimit-Retryafter") is { } epoch and > 0 and < 253_402_300_800)
        {
            return DateTimeOffset.FromUnixTimeSeconds(epoch);
        }

        return response.Headers.RetryAfter switch
        {
            { Date: { } date } => date,
            { Delta: { } delta } => time.GetUtcNow() + delta,
            _ => null,
        };
    }

    private static long? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
