using System.CommandLine;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon</c>: auditing of CrowdStrike Falcon policies by hand, in a Job or as a daemon.</summary>
internal static class FalconVerb
{
    public static Command Create() => new("falcon", "Fetch, grade and report CrowdStrike Falcon policies")
    {
        AuditVerb.Create(),
        AuditVerb.CreateFetch(),
        StoredVerbs.Grade(),
        StoredVerbs.Policies(),
        StoredVerbs.Hosts(),
        StoredVerbs.Host(),
        DaemonVerb.Create(),
        CleanupVerb.Create(),
        SchemaVerb.Create(),
        TestVerb.Create(),
    };
}
