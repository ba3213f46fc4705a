using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Estimation;

/// <summary>
/// Mean length of a line of the audit log in bytes, by level and verb. Measured on kube-apiserver 1.36 with a scripted workload (1 832
/// events, ResponseComplete), without kubelets and with few objects: the order of magnitude is right, the digits are not a law. Lists at
/// RequestResponse grow by 1.4 KB with every pod they return.
/// </summary>
public static class EventSizes
{
    /// <summary>Over all verbs.</summary>
    public static double Mean(Level level) => level switch
    {
        Level.Metadata => 1_013,
        Level.Request => 1_371,
        Level.RequestResponse => 2_998,
        _ => 0,
    };

    /// <summary>Of one verb where it was measured by itself, otherwise the mean of all.</summary>
    public static double Of(Level level, string verb) => (level, verb) switch
    {
        (Level.None, _) => 0,
        // Reads send no body, and a watch answers with a stream that is not recorded.
        (Level.Metadata or Level.Request, "get") => 920,
        (Level.Metadata or Level.Request, "list") => 813,
        (_, "watch") => Mean(Level.Metadata),
        (Level.RequestResponse, "list") => 14_509,
        (Level.Metadata, "create") => 1_040,
        (Level.Request, "create") => 1_544,
        (Level.RequestResponse, "create") => 2_585,
        (Level.Metadata, "update") => 1_256,
        (Level.Request, "update") => 2_357,
        (Level.RequestResponse, "update") => 3_995,
        _ => Mean(level),
    };
}
