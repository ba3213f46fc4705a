using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// A reconciler that tells users about failed runs. The controller calls it once per failed run, after logging, within what is left
/// of the run's time. What it throws is logged and counted as nothing: the retry of the run itself stands.
/// </summary>
public interface IFailureReporter<TResource>
    where TResource : class, IKubernetesObject
{
    /// <param name="metadata">The resource.</param>
    /// <param name="resource">Null when the server's object cannot be decoded (rule R8).</param>
    /// <param name="failure">A <see cref="TerminalException"/> means stalled until something changes; anything else is being retried.</param>
    /// <param name="cancellationToken">Ends with the process.</param>
    Task ReportFailureAsync(ObjectMeta metadata, TResource? resource, Exception failure, CancellationToken cancellationToken);
}
