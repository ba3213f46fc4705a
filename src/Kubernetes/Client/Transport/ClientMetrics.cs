using System.Diagnostics.Metrics;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>The client's numbers under the names that existing dashboards know. Labels are bounded: no paths, no object names.</summary>
internal static class ClientMetrics
{
    public const string MeterName = "Comptroller.Kubernetes.Client";

    private static readonly Meter Meter = new(MeterName);

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    };

    private static readonly InstrumentAdvice<double> Bytes = new()
    {
        HistogramBucketBoundaries = [64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216],
    };

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "rest_client_requests_total", description: "HTTP requests by status code, method and host.");

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "rest_client_request_retries_total", description: "Requests sent again, by the code that caused it, verb and host.");

    private static readonly Counter<long> Warnings = Meter.CreateCounter<long>(
        "rest_client_warnings_total", description: "Warning headers received, by host.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "rest_client_request_duration_seconds", description: "Time until the answer's headers, by verb and host.", advice: Seconds);

    private static readonly Histogram<double> RequestSize = Meter.CreateHistogram(
        "rest_client_request_size_bytes", description: "Size of request bodies, by verb and host.", advice: Bytes);

    private static readonly Histogram<double> ResponseSize = Meter.CreateHistogram(
        "rest_client_response_size_bytes", description: "Size of answers after decompression, by verb and host; watches excluded.", advice: Bytes);

    private static readonly Histogram<double> Waiting = Meter.CreateHistogram(
        "rest_client_rate_limiter_duration_seconds", description: "Time spent waiting for a free slot, by verb and host.", advice: Seconds);

    /// <param name="code">HTTP status, or <c>&lt;error&gt;</c> as client-go has it.</param>
    public static void Answered(string method, string host, string code, TimeSpan duration, int requestBytes)
    {
        Requests.Add(1, new("code", code), new("method", method), new("host", host));
        Duration.Record(duration.TotalSeconds, new("verb", method), new("host", host));
        RequestSize.Record(requestBytes, new("verb", method), new("host", host));
    }

    public static void Retried(string method, string host, string code) =>
        Retries.Add(1, new("code", code), new("verb", method), new("host", host));

    public static void Warned(string host) => Warnings.Add(1, new KeyValuePair<string, object?>("host", host));

    public static void BodyRead(string method, string host, long bytes) =>
        ResponseSize.Record(bytes, new("verb", method), new("host", host));

    public static void Waited(string method, string host, TimeSpan duration) =>
        Waiting.Record(duration.TotalSeconds, new("verb", method), new("host", host));
}
