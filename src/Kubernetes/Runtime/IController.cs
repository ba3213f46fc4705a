namespace Comptroller.Kubernetes.Runtime;

/// <summary>A controller of any kind, as the host that runs it sees it.</summary>
public interface IController
{
    string Name { get; }

    /// <summary>
    /// Reconciles until <paramref name="draining"/>, then takes no new key, finishes those in work and returns (rule Q13).
    /// <paramref name="abort"/> cancels those in work as well: the lease is lost or the grace is over (rule E4).
    /// </summary>
    Task RunAsync(CancellationToken draining, CancellationToken abort);
}
