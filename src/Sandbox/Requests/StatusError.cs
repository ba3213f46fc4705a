using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>A request that ends in a Status body. <see cref="StatusResponses"/> makes the usual ones.</summary>
internal sealed class StatusError(int code, JsonObject body) : Exception((string?)body["message"])
{
    public int Code { get; } = code;

    /// <summary>The Status object. Read only.</summary>
    public JsonObject Body { get; } = body;

    /// <summary>Value of a <c>Retry-After</c> header in seconds.</summary>
    public int? RetryAfterSeconds { get; init; }
}
