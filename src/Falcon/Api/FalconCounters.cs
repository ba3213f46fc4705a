using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;

namespace Comptroller.Falcon.Api;

/// <summary>What was asked of the API and how it went: for reports, and as metrics.</summary>
public sealed class FalconCounters
{
    private static readonly Meter Meter = new("Comptroller.Falcon");
    private static readonly Counter<long> RequestMetric = Meter.CreateCounter<long>("falcon_audit_http_requests_total", description: "HTTP requests to the Falcon API by operation and status code");
    private static readonly Counter<long> ThrottledMetric = Meter.CreateCounter<long>("falcon_audit_http_throttled_total", description: "Requests that the Falcon API refused with 429");

    private long _requests;
    private long _errors;
    private long _throttled;

    /// <summary>HTTP requests, tokens and retries included.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Of these, those without an answer or with one from 400 on.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Of these, those answered with 429.</summary>
    public long ThrottledRequests => Interlocked.Read(ref _throttled);

    internal void Request(FalconOperation operation, HttpStatusCode? status)
    {
        Interlocked.Increment(ref _requests);
        if (status is null || (int)status >= 400)
        {
            Interlocked.Increment(ref _errors);
        }

        var tags = new TagList { { "operation", operation.Name }, { "code", status is { } code ? (int)code : 0 } };
        RequestMetric.Add(1, tags);
    }

    internal void Throttled()
    {
        Interlocked.Increment(ref _throttled);
        ThrottledMetric.Add(1);
    }
}
