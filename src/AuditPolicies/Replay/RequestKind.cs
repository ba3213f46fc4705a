using Comptroller.AuditPolicies.Evaluation;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>Requests that no rule can tell apart, what is decided of them, and what was counted of them so far.</summary>
internal sealed class RequestKind(AuditRequest request, Decision decision, Decision against)
{
    public AuditRequest Request { get; } = request;

    public Decision Decision { get; } = decision;

    /// <summary>The other policy's decision; the default when there is none.</summary>
    public Decision Against { get; } = against;

    public ulong Hash { get; set; }

    public byte[] Key { get; set; } = [];

    public long KeptEvents { get; set; }

    public long KeptBytes { get; set; }

    /// <summary>As kubectl names it, <c>deployments.apps/status</c>; the path of a request that is not for a resource.</summary>
    public string Target => !Request.IsResourceRequest ? Request.Path : $"{Request.Resource}{(Request.ApiGroup.Length > 0 ? $".{Request.ApiGroup}" : "")}{(Request.Subresource.Length > 0 ? $"/{Request.Subresource}" : "")}";
}
