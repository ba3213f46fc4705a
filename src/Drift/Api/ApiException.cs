namespace Comptroller.Drift.Api;

/// <summary>A request that is answered with an error; the message is for the caller.</summary>
public sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>The status of HTTP.</summary>
    public int Status { get; } = status;

    public static ApiException BadRequest(string message) => new(400, message);

    public static ApiException NotFound(string message) => new(404, message);
}
