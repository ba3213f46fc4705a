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

    /// <summary>What was written, in one line for people; empty when nothing was.</summary>
    public string Changes => string.Join(", ", Results
        .Where(result => result.Action is ApplyAction.Created or ApplyAction.Configured or ApplyAction.Pruned)
        .Select(result => $"{result.Type.Kind} {result.Key.Name} {Label(result.Action)}"));

    /// <summary>Hands the failures to the controller, which retries, together with what was applied before them.</summary>
    /// <exception cref="ApplyFailedException">An object could not be written.</exception>
    public void ThrowIfFailed()
    {
        if (Of(ApplyAction.Failed).FirstOrDefault() is { } failed)
        {
            throw new ApplyFailedException(this, failed);
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

/// <summary>An object could not be written. <see cref="Report"/> holds the inventory, which the status must keep all the same.</summary>
public sealed class ApplyFailedException(ApplyReport report, ApplyResult failed)
    : Exception($"{failed.Type.Kind} {failed.Key} could not be applied: {failed.Message}", failed.Error)
{
    public ApplyReport Report { get; } = report;
}
