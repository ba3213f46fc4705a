using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>A request for a served kind, after authentication, authorization and routing.</summary>
internal sealed record ApiRequest
{
    public required ServedResource Resource { get; init; }

    /// <summary>Empty at cluster scope.</summary>
    public required string Namespace { get; init; }

    /// <summary>Empty for a collection.</summary>
    public required string Name { get; init; }

    /// <summary>Empty, <c>status</c>, or one of the kind's own.</summary>
    public string Subresource { get; init; } = "";
    public required QueryOptions Query { get; init; }
    public required UserInfo User { get; init; }

    /// <summary>Without parameters; empty when not sent.</summary>
    public string ContentType { get; init; } = "";
    public string UserAgent { get; init; } = "";
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Throws a 403 unless the user may do <c>verb</c> to the same object: an apply that creates needs that right too.</summary>
    public required Action<string> Demand { get; init; }

    /// <summary>Collects what is sent as <c>Warning:</c> headers.</summary>
    public List<string> Warnings { get; } = [];

    public bool IsStatus => Subresource == "status";

    public ApiRequest ForObject(string name) => this with { Name = name };
}
