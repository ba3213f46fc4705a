using System.CommandLine;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary><c>audit-policy</c>: everything about audit policies that needs no cluster.</summary>
internal static class AuditPolicyVerb
{
    public static Command Create() => new("audit-policy", "Try, test and review audit policies without a cluster")
    {
        ProfileVerb.Create(),
        EvaluateVerb.Create(),
        TestVerb.Create(),
        LintVerb.Create(),
        ReplayVerb.Create(),
        EstimateVerb.Create(),
    };
}
