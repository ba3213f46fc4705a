using System.Collections;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>The fields that every log line of one reconcile carries.</summary>
internal sealed class ReconcileScope(string controller, ResourceType type, ObjectKey key, Guid id) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 6;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("controller", controller),
        1 => new("controllerGroup", type.Group),
        2 => new("controllerKind", type.Kind),
        3 => new("namespace", key.Namespace),
        4 => new("name", key.Name),
        5 => new("reconcileID", id),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"{controller} {key} {id}";
}
