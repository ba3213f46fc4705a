namespace Comptroller.Falcon.RateLimiting;

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>Answered.</summary>
    Done,

    /// <summary>429: the limiter has been told, the next attempt waits there.</summary>
    Throttled,

    /// <summary>A server error, a broken connection, a deadline: worth another attempt.</summary>
    Transient,

    /// <summary>The same request would fail again.</summary>
    Fatal,
}

/// <summary>One attempt: how it ended, and what to throw when there are no more.</summary>
public readonly record struct Attempt<T>(AttemptOutcome Outcome, T? Value, Exception? Error);

/// <summary>Repeats requests that may succeed the next time. Each attempt passes the limiter.</summary>
public sealed class Retrying(RateLimiter limiter, TimeProvider time, Func<double>? random = null, Action<AttemptOutcome>? retried = null)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Attempts until it is done, hopeless, or tried <see cref="RateLimit.RetryAttempts"/> times.</summary>
    /// <param name="attempt">Makes one request.</param>
    /// <param name="cancellationToken">Ends waiting at once.</param>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<Attempt<T>>> attempt, CancellationToken cancellationToken)
    {
        for (var number = 1; ; number++)
        {
            await limiter.AcquireAsync(cancellationToken);
            var result = await attempt(cancellationToken);
            if (result.Outcome == AttemptOutcome.Done)
            {
                return result.Value!;
            }

            if (result.Outcome == AttemptOutcome.Fatal || number >= limiter.Limit.RetryAttempts)
            {
                limiter.Failed();
                throw result.Error!;
            }

            retried?.Invoke(result.Outcome);
            if (result.Outcome == AttemptOutcome.Transient)
            {
                var pause = BackOff.After(number, random?.Invoke() ?? 0);
                await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellationToken);
            }
        }
    }
}
