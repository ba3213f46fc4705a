using System.CommandLine;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift</c>: what was changed behind Terraform's back.</summary>
internal static class DriftVerb
{
    public static Command Create() => new FindingCommand("drift", "Find what was changed behind Terraform's back")
    {
        WatchVerb.Create(),
        KeyVerb.Create(),
        ScanVerb.Create(),
        ReplayVerb.Create(),
        TestVerb.Create(),
    };
}
