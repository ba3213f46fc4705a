namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>SOC 2 trust services criteria that audit records are evidence for. They name no numbers.</summary>
internal static class Soc2
{
    public static Standard Value { get; } = new("SOC2", "SOC 2 trust services criteria", "2017, revised 2022",
    [
        new("CC6.1", "Logical access to protected information can be traced", Checks.All(Recording.SecretAccess, Recording.Sessions, Recording.FailedLogins)),
        new("CC6.2", "Issuing and withdrawing credentials can be traced", Recording.Credentials),
        new("CC6.3", "Changes of roles and rights can be traced", Recording.AccessRules),
        new("CC6.8", "Unauthorised software is detected: changes of what runs and of what is admitted", Checks.All(Recording.WorkloadChanges, Recording.ControlChanges)),
        new("CC7.1", "Changes of configuration that weaken the system are detected", Checks.All(Recording.ControlChanges, Recording.SystemObjects, Pipeline.ControlsWatched)),
        new("CC7.2", "Anomalies are watched for", Checks.All(Pipeline.CentralCopy, Pipeline.Review, Pipeline.AnomaliesWatched)),
        new("CC7.3", "Security events are evaluated", Checks.All(Pipeline.Review, Checks.ByHand("show what became of alerts: tickets, decisions"))),
        new("CC7.4", "Incidents are answered, with evidence", Checks.All(Pipeline.CentralCopy, Pipeline.SomeRetention)),
    ]);
}
