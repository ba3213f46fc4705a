namespace Comptroller.Falcon.Api;

/// <summary>One request, where an operation wants more than parameters.</summary>
/// <param name="Operation">Which.</param>
/// <param name="Path">Relative to the address, parameters included, escaped.</param>
internal sealed record FalconRequest(FalconOperation Operation, string Path)
{
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public ReadOnlyMemory<byte>? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>The Foundry app that a collection belongs to; null for what belongs to none.</summary>
    public string? AppId { get; init; }

    /// <summary>Called with each result. An answer that is cut is asked for again, and results come twice: take them by id.</summary>
    public Action<ReadOnlyMemory<byte>>? Result { get; init; }

    /// <summary>A success is the result itself, without an envelope around it.</summary>
    public bool IsBare { get; init; }
}
