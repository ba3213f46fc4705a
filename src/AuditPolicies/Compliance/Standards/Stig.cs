namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>DISA Kubernetes Security Technical Implementation Guide.</summary>
internal static class Stig
{
    public static Standard Value { get; } = new("STIG", "DISA Kubernetes STIG", "V2R6",
    [
        new("V-242402", "The API server has an audit log path", NodeLogging.Path),
        new(
            "V-242403",
            "Records identify type, source, result, user and container of an event; as published, the check looks for a rule at RequestResponse",
            Checks.All(Recording.ContentOfChanges, Recording.SecretAccess)),
        new("V-242461", "Auditing is on, with a policy", NodeLogging.Policy),
        new("V-242462", "The log is rotated at 100 MiB or more (audit-log-maxsize)", NodeLogging.Size),
        new("V-242463", "10 rotated logs or more are kept (audit-log-maxbackup)", NodeLogging.Backups),
        new("V-242464", "Rotated logs are kept for 30 days or more (audit-log-maxage)", NodeLogging.Age),
        new("V-242465", "The audit log path is set", NodeLogging.Path),
    ]);
}
