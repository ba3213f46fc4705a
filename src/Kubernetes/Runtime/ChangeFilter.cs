using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Decides whether an update of a resource wants a run (rule C7). Without a filter the controller's own status write would start
/// the next run; with the generation alone an on-demand request by annotation would be ignored.
/// </summary>
public static class ChangeFilter
{
    /// <summary>Any change of this annotation asks for a run; Flux sets it in <c>flux reconcile</c>.</summary>
    public const string RequestedAt = "reconcile.fluxcd.io/requestedAt";

    /// <summary>Set together with <see cref="RequestedAt"/> to ask for a forced run.</summary>
    public const string ForceAt = "reconcile.fluxcd.io/forceAt";

    private static readonly string[] RequestAnnotations = [RequestedAt, ForceAt];

    /// <summary>
    /// True when the desired state changed, a run was requested, deletion or finalizers moved, or one of the named labels or
    /// annotations changed.
    /// </summary>
    public static bool WantsRun(ObjectMeta old, ObjectMeta now, IReadOnlyList<string> labels, IReadOnlyList<string> annotations) =>
        old.Generation != now.Generation
        || old.DeletionTimestamp != now.DeletionTimestamp
        || !(old.Finalizers ?? []).SequenceEqual(now.Finalizers ?? [], StringComparer.Ordinal)
        || Differs(old.Annotations, now.Annotations, RequestAnnotations)
        || Differs(old.Annotations, now.Annotations, annotations)
        || Differs(old.Labels, now.Labels, labels);

    private static bool Differs(IReadOnlyDictionary<string, string>? old, IReadOnlyDictionary<string, string>? now, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (!string.Equals(Value(old, name), Value(now, name), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Value(IReadOnlyDictionary<string, string>? map, string name) =>
        map is not null && map.TryGetValue(name, out var value) ? value : null;
}
