using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// What happened to one object between two states of the store. Handlers get the old and the new state, because an object that
/// stops pointing somewhere matters to what it pointed at (rule C6).
/// </summary>
/// <param name="Old">The state before; null when the object was not known.</param>
/// <param name="New">The state now; null when the object is gone or cannot be decoded.</param>
/// <param name="FinalStateUnknown">The object vanished during a gap: <paramref name="Old"/> is only its last known state (rule R4).</param>
/// <param name="Undecoded">The object is there, but its new state cannot be read (rule R8).</param>
public readonly record struct ObjectChange<T>(T? Old, T? New, bool FinalStateUnknown = false, UndecodedObject? Undecoded = null)
    where T : class, IKubernetesObject
{
    public bool IsDeleted => New is null && Undecoded is null;

    public ObjectKey Key => ObjectKey.Of((New ?? Old)?.Metadata ?? Undecoded!.Metadata);
}
