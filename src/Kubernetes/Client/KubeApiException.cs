using System.Net;

namespace Comptroller.Kubernetes.Client;

/// <summary>
/// Any failed request: the server's <c>metav1.Status</c> decoded, or a transport failure with <see cref="Code"/> 0 (rule Q1).
/// The message names verb and path, never headers or bodies.
/// </summary>
public sealed class KubeApiException : Exception
{
    /// <summary>The reason given (with <see cref="Code"/> 0) when a watch frame exceeds the cap and cannot be read (rule R7).</summary>
    public const string FrameTooLarge = "FrameTooLarge";

    public KubeApiException(
        string verb, string path, int code, string reason, string message, IReadOnlyList<StatusCause>? causes = null,
        TimeSpan? retryAfter = null, Exception? inner = null, string subject = "")
        : base($"{verb} {path}: {(code == 0 ? "no answer" : code.ToString())} {reason}: {message}".Replace(" : ", ": ", StringComparison.Ordinal), inner)
    {
        Verb = verb;
        Path = path;
        Code = code;
        Reason = reason;
        StatusMessage = message;
        Causes = causes ?? [];
        RetryAfter = retryAfter;
        Subject = subject;
    }

    public string Verb { get; }
    public string Path { get; }

    /// <summary>HTTP status, or 0 when no answer came.</summary>
    public int Code { get; }

    /// <summary>The machine-readable reason, such as <c>AlreadyExists</c>; empty when the server gave none.</summary>
    public string Reason { get; }

    /// <summary>The server's own words.</summary>
    public string StatusMessage { get; }
    public IReadOnlyList<StatusCause> Causes { get; }
    public TimeSpan? RetryAfter { get; }

    /// <summary>Plural of what the failure is about, which need not be what was asked for, such as <c>namespaces</c>; empty when the server names nothing.</summary>
    public string Subject { get; }

    public bool IsTransport => Code == 0;
    public bool IsFrameTooLarge => IsTransport && Reason == FrameTooLarge;
    public bool IsUnauthorized => Code == (int)HttpStatusCode.Unauthorized;
    public bool IsForbidden => Code == (int)HttpStatusCode.Forbidden;
    /// <summary>Not so for a 404 that the API did not say: a proxy's would make a deletion look done and an object look absent.</summary>
    public bool IsNotFound => Code == (int)HttpStatusCode.NotFound && Reason != FailureReason.MalformedAnswer;

    /// <summary>Nobody answers at that path: of a missing object or namespace a 404 says which it is.</summary>
    public bool IsKindNotServed => IsNotFound && Subject.Length == 0;
    public bool IsAlreadyExists => Code == (int)HttpStatusCode.Conflict && Reason == "AlreadyExists";
    public bool IsConflict => Code == (int)HttpStatusCode.Conflict && Reason != "AlreadyExists";
    public bool IsGone => Code == (int)HttpStatusCode.Gone || Reason is "Expired" or "Gone";
    public bool IsInvalid => Code == (int)HttpStatusCode.UnprocessableEntity;
    public bool IsTooManyRequests => Code == (int)HttpStatusCode.TooManyRequests;
    public bool IsTooLargeResourceVersion => Causes.Any(cause => cause.Reason == "ResourceVersionTooLarge");
}

/// <summary>One cause of a failed request, as in <c>Status.details.causes</c>.</summary>
public sealed record StatusCause(string Reason, string Message, string Field);
