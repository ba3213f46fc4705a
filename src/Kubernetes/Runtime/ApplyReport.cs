using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>What became of one object.</summary>
public enum ApplyAction
{
    Created,
    Configured,

    /// <summary>As intended already: no request was sent, or the server changed nothing.</summary>
    Unchanged,

    /// <summary>An object of that name belongs to somebody else and was left alone.</summary>
    Conflict,

    /// <summary>The server does not serve the kind; its CRD is missing.</summary>
    KindMissing,
    Failed,

    /// <summary>No longer intended, and deleted.</summary>
    Pruned,
}

/// <summary>One object to apply: name, and namespace unless it is the owner's, in <c>metadata</c>.</summary>
public sealed record DesiredObject(ResourceType Type, System.Text.Json.Nodes.JsonObject Body);

/// <summary>What became of one object, and for <c>Conflict</c>, <c>KindMissing</c> and <c>Failed</c> why.</summary>
public sealed record ApplyResult(ResourceType Type, ObjectKey Key, ApplyAction Action, string? Message = null, KubeApiException? Error = null);

/// <summary>What became of all of them.</summary>
/// <param name="Results">In the order given, then the pruned ones.</param>
/// <param name="Inventory">
/// To be kept in the owner's status, also when something failed: it is the only memory of what was applied.
/// </param>
public sealed record ApplyReport(IReadOnlyList<ApplyResult> Results, IReadOnlyList<InventoryEntry> Inventory)
{
    public IEnumerable<ApplyResult> Of(ApplyAction action) => Results.Where(result => result.Action == action);

    /// <summary>Throws the first failure, for the controller to retry. Call it after the status is written.</summary>
    public void ThrowIfFailed()
    {
        if (Of(ApplyAction.Failed).FirstOrDefault()?.Error is { } error)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }
    }

    internal static string Label(ApplyAction action) => action switch
    {
        ApplyAction.Created => "created",
        ApplyAction.Configured => "configured",
        ApplyAction.Unchanged => "unchanged",
        ApplyAction.Conflict => "conflict",
        ApplyAction.KindMissing => "kind_missing",
        ApplyAction.Pruned => "pruned",
        _ => "failed",
    };
}
