using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Informers;

/// <summary>Where a reflector delivers. Calls return when the state has reached the store and the handlers (rule R11).</summary>
public interface IReflectorSink<T>
    where T : class, IKubernetesObject
{
    /// <summary>A full list of <paramref name="scope"/> (a namespace, or null for all).</summary>
    void Replace(string? scope, ObjectPage<T> page);

    /// <summary>One event of a watch, bookmarks included.</summary>
    void Apply(string? scope, WatchEvent<T> change);

    /// <summary>A list or watch failed.</summary>
    void Failed(string? scope, ReflectorFailure failure);
}

/// <summary>Why a reflector makes no progress.</summary>
/// <param name="Verb"><c>list</c> or <c>watch</c>: the verb that RBAC must allow.</param>
/// <param name="Code">HTTP status; 0 when no answer came.</param>
/// <param name="Message">Names verb, resource and namespace, and the server's words.</param>
public sealed record ReflectorFailure(string Verb, int Code, string Message);
