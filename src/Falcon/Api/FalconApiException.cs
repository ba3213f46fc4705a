using System.Net;

namespace Comptroller.Falcon.Api;

/// <summary>Why an operation of the API did not give what was asked.</summary>
public enum FalconFailure
{
    /// <summary>The API client is unknown, or its secret is wrong.</summary>
    Credentials,

    /// <summary>The API client lacks a scope. The message names it.</summary>
    Scope,

    /// <summary>429 on every attempt.</summary>
    Throttled,

    /// <summary>5xx, no connection, a cut or late answer on every attempt.</summary>
    Unavailable,

    /// <summary>The API refuses the request.</summary>
    Refused,

    /// <summary>Some of what was asked is missing. Half a fleet is never taken for a whole one.</summary>
    Partial,

    /// <summary>The answer is not what this operation answers.</summary>
    Malformed,
}

/// <summary>An operation failed.</summary>
public sealed class FalconApiException(FalconOperation operation, FalconFailure failure, string message, HttpStatusCode? status = null, Exception? inner = null)
    : Exception($"{operation.Name}: {message}", inner)
{
    public FalconOperation Operation { get; } = operation;

    public FalconFailure Failure { get; } = failure;

    public HttpStatusCode? Status { get; } = status;
}
