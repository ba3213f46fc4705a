using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// A reconciler that remembers something of resources from one run to the next. The controller tells it when a resource is gone, or its
/// memory would grow with every resource that ever was (rule L3).
/// </summary>
public interface IForgetter
{
    /// <summary>Called at least once per resource, between two changes of the cache: it must be quick.</summary>
    void Forget(ObjectMeta metadata);
}
