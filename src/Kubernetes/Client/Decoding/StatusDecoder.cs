using System.Buffers;
using System.Net;
using System.Text.Json;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>Turns a failed answer into the one exception type (rule Q1).</summary>
internal static class StatusDecoder
{
    public static KubeApiException Decode(string verb, string path, HttpResponseMessage response, in ReadOnlySequence<byte> body, TimeProvider time)
    {
        var code = (int)response.StatusCode;
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => Positive(date - time.GetUtcNow()),
            _ => (TimeSpan?)null,
        };
        return TryRead(body) is { } status
            ? Decode(verb, path, status, code, retryAfter)
            : new KubeApiException(verb, path, code, ReasonOf(response), Describe(response), retryAfter: retryAfter);
    }

    /// <summary>The <c>ERROR</c> event inside a watch that began with 200 (rule R3).</summary>
    public static KubeApiException Decode(string verb, string path, in ReadOnlySequence<byte> body) =>
        TryRead(body) is { } status
            ? Decode(verb, path, status, status.Code ?? (int)HttpStatusCode.InternalServerError, null)
            : new KubeApiException(verb, path, (int)HttpStatusCode.InternalServerError, FailureReason.MalformedAnswer, "an ERROR event without a Status");

    private static KubeApiException Decode(string verb, string path, Status status, int code, TimeSpan? retryAfter) =>
        new(
            verb, path, code, status.Reason ?? "", status.Message ?? "",
            status.Details?.Causes?.Select(cause => new StatusCause(cause.Reason ?? "", cause.Message ?? "", cause.Field ?? "")).ToArray(),
            retryAfter ?? (status.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null),
            subject: status.Details?.Kind ?? "");

    private static Status? TryRead(in ReadOnlySequence<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonSerializer.Deserialize(ref reader, KubernetesJson.Default.Status) is { Kind: "Status", Result: not null } status ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Of a path that it does not serve the API says so in plain text. A page of somebody else says nothing about the cluster.</summary>
    private static bool IsPathUnknown(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.NotFound && response.Content.Headers.ContentType?.MediaType == "text/plain";

    /// <summary>What a proxy says is not repeated: it may hold anything, our own headers included.</summary>
    private static string Describe(HttpResponseMessage response)
    {
        if (IsPathUnknown(response))
        {
            return "the server does not serve this path";
        }

        var kind = response.Content.Headers.ContentType?.MediaType ?? "no content type";
        return $"the answer is not a Kubernetes Status ({kind}); is something else answering at this address?";
    }

    /// <summary>The reason that the API would give for a bare code, so that callers need not care who answered.</summary>
    private static string ReasonOf(HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.BadRequest => "BadRequest",
        HttpStatusCode.Unauthorized => "Unauthorized",
        HttpStatusCode.Forbidden => "Forbidden",
        HttpStatusCode.NotFound => IsPathUnknown(response) ? "NotFound" : FailureReason.MalformedAnswer,
        HttpStatusCode.Conflict => "Conflict",
        HttpStatusCode.Gone => "Gone",
        HttpStatusCode.UnprocessableEntity => "Invalid",
        HttpStatusCode.TooManyRequests => "TooManyRequests",
        HttpStatusCode.InternalServerError => "InternalError",
        HttpStatusCode.ServiceUnavailable => "ServiceUnavailable",
        HttpStatusCode.GatewayTimeout => "Timeout",
        _ => "Unknown",
    };

    private static TimeSpan Positive(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
