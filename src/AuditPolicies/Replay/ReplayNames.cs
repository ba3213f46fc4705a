namespace Comptroller.AuditPolicies.Replay;

/// <summary>What stands in reports where a request has nothing to show.</summary>
internal static class ReplayNames
{
    /// <summary>Failed authentication (401).</summary>
    public const string NoUser = "(not authenticated)";

    /// <summary>An OPTIONS request for a resource.</summary>
    public const string NoVerb = "(none)";
}
