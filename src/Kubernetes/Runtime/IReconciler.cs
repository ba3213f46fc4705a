using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Brings the world in line with one resource. Level-triggered (rule L1): it is told the resource as it is now, never what
/// happened to it. An exception means retry with back-off; <see cref="TerminalException"/> means no retry until something changes.
/// </summary>
public interface IReconciler<TResource>
    where TResource : class, IKubernetesObject
{
    Task<Outcome> ReconcileAsync(TResource resource, CancellationToken cancellationToken);
}

/// <summary>What a reconcile asks for next (rule Q12).</summary>
public readonly record struct Outcome
{
    /// <summary>Null: nothing until something changes. Otherwise run again after this, with 5 % jitter (rule Q11).</summary>
    public TimeSpan? RequeueAfter { get; private init; }

    public static Outcome Done => default;

    public static Outcome After(TimeSpan delay) => new() { RequeueAfter = delay };
}

/// <summary>A failure that a retry cannot heal: the controller waits for the next change of the resource.</summary>
public sealed class TerminalException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The reason of an object that the server holds and this program cannot decode (rule R8).</summary>
    public const string Undecodable = "Undecodable";

    /// <summary>CamelCase, the reason of the conditions.</summary>
    public string Reason { get; } = reason;
}
