using System.Collections.Immutable;
using System.Net;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Api;

/// <summary>What was asked of the API and how it went: for reports, and as metrics.</summary>
public sealed class FalconCounters
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Operation, int Code), long> _byOperation = [];
    private long _requests;
    private long _errors;
    private long _throttled;
    private long _retriesThrottled;
    private long _retriesUnavailable;

    /// <summary>HTTP requests, tokens and retries included.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Of these, those without an answer or with one from 400 on, except 429 and a 401 that a new token repaired.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Of these, those answered with 429.</summary>
    public long ThrottledRequests => Interlocked.Read(ref _throttled);

    /// <summary>Requests that were repeated after a 429.</summary>
    public long RetriesThrottled => Interlocked.Read(ref _retriesThrottled);

    /// <summary>Requests that were repeated after a server error, a broken connection or a deadline.</summary>
    public long RetriesUnavailable => Interlocked.Read(ref _retriesUnavailable);

    /// <summary>Requests by operation and status code, in that order.</summary>
    public ImmutableArray<OperationCount> ByOperation
    {
        get
        {
            lock (_gate)
            {
                return [.. _byOperation.Select(entry => new OperationCount(entry.Key.Operation, entry.Key.Code, entry.Value))
                    .OrderBy(count => count.Operation, StringComparer.Ordinal).ThenBy(count => count.Code)];
            }
        }
    }

    internal void Request(FalconOperation operation, HttpStatusCode? status)
    {
        Interlocked.Increment(ref _requests);
        // Of a 401 only the next token shows whether it was a failure.
        var isOpen = status == HttpStatusCode.TooManyRequests || (status == HttpStatusCode.Unauthorized && operation != FalconOperation.Token);
        if (!isOpen && (status is null || (int)status >= 400))
        {
            Interlocked.Increment(ref _errors);
        }

        var key = (operation.Name, (int?)status ?? 0);
        lock (_gate)
        {
            _byOperation[key] = _byOperation.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>No new token has repaired these.</summary>
    internal void Unauthorized(int requests) => Interlocked.Add(ref _errors, requests);

    internal void Throttled() => Interlocked.Increment(ref _throttled);

    internal void Retried(AttemptOutcome outcome) => Interlocked.Increment(ref outcome == AttemptOutcome.Throttled ? ref _retriesThrottled : ref _retriesUnavailable);
}

/// <summary>Requests of one operation that were answered alike.</summary>
/// <param name="Operation">Name of the operation.</param>
/// <param name="Code">Status code; 0 when no answer came.</param>
/// <param name="Requests">How many.</param>
public readonly record struct OperationCount(string Operation, int Code, long Requests);
