using Comptroller.Kubernetes.Client;

namespace Comptroller.Kubernetes.Informers;

/// <summary>An informer of any kind, as the host that runs it sees it.</summary>
public interface IInformer
{
    ResourceType Type { get; }

    bool Required { get; }

    /// <summary>True once every scope has been listed and delivered to the handlers (rule R11). Never goes back.</summary>
    bool HasSynced { get; }

    /// <summary>Completes when <see cref="HasSynced"/> turns true.</summary>
    Task Synced { get; }

    /// <summary>Why the cache is not filled or no longer follows the server, naming verb and resource; null while all is well.</summary>
    string? Problem { get; }

    /// <summary>True while the server says that it does not serve this kind: its CRD is not installed.</summary>
    bool IsKindMissing { get; }

    /// <summary>Runs until cancelled. Any other end is a fault of the process (rule R12).</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
