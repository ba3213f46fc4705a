namespace Comptroller.AuditPolicies.Model;

/// <summary>
/// The moments of a request at which an audit event can be written (audit.k8s.io/v1 <c>stage</c>).
/// As flags, because a decision carries a set of omitted stages and must not allocate.
/// </summary>
[Flags]
public enum Stages
{
    None = 0,

    /// <summary>The audit handler saw the request.</summary>
    RequestReceived = 1,

    /// <summary>Response headers were sent: long-running requests, and the only stage of a failed authentication.</summary>
    ResponseStarted = 2,

    /// <summary>The response was sent completely.</summary>
    ResponseComplete = 4,

    /// <summary>The handler panicked.</summary>
    Panic = 8,

    /// <summary>Every stage there is.</summary>
    All = RequestReceived | ResponseStarted | ResponseComplete | Panic,
}

/// <summary>Stage names as the API spells them.</summary>
public static class StageNames
{
    private static readonly (Stages Stage, string Name)[] Known =
    [
        (Stages.RequestReceived, "RequestReceived"),
        (Stages.ResponseStarted, "ResponseStarted"),
        (Stages.ResponseComplete, "ResponseComplete"),
        (Stages.Panic, "Panic"),
    ];

    /// <summary>All names in the order the API server lists them.</summary>
    public static IEnumerable<string> All => Known.Select(known => known.Name);

    /// <summary>The stage of that exact name, or null.</summary>
    public static Stages? Parse(string name)
    {
        foreach (var (stage, known) in Known)
        {
            if (known == name)
            {
                return stage;
            }
        }

        return null;
    }

    /// <summary>The names of a set of stages, in the order in which a request passes them.</summary>
    public static IEnumerable<string> Of(Stages stages) =>
        Known.Where(known => stages.HasFlag(known.Stage)).Select(known => known.Name);
}
