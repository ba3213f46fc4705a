namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>PCI DSS requirement 10, for the API server as one system component among others.</summary>
internal static class PciDss
{
    public static Standard Value { get; } = new("PCIDSS", "PCI DSS", "4.0.1",
    [
        new("10.2.1.1", "Individual access to cardholder data is recorded: here, to Secrets and into workloads", Checks.All(Recording.SecretAccess, Recording.Sessions)),
        new("10.2.1.2", "All that people with administrative access do is recorded", Checks.All(Recording.EverythingByPeople, Recording.Sessions, Recording.AccessRules)),
        new("10.2.1.3", "Access to audit logs is recorded", Checks.ByHand("show the access log of the store: whoever reads there does not pass the API server")),
        new("10.2.1.4", "Invalid access attempts are recorded", Checks.All(Recording.FailedLogins, Recording.EverythingByPeople)),
        new("10.2.1.5", "Changes of credentials, accounts and privileges are recorded", Checks.All(Recording.Credentials, Recording.AccessRules)),
        new("10.2.1.6", "Starting, stopping and changing the audit log is recorded", Checks.All(Recording.AuditChanges, Pipeline.SilenceNoticed, Pipeline.ControlsWatched)),
        new("10.2.1.7", "Creation and deletion of system-level objects is recorded", Recording.SystemObjects),
        new("10.2.2", "Records tell user, type, time, outcome, origin and object", Checks.All(Recording.EverythingByPeople, Recording.FailedLogins)),
        new("10.3.1", "Reading audit logs is limited to who needs it", Checks.ByHand("show who may read in the store; on the node the file belongs to the API server, mode 0600")),
        new("10.3.2", "Audit logs cannot be changed", Checks.ByHand("show that nobody may delete or overwrite in the store")),
        new("10.3.3", "Audit logs are promptly copied to a central place", Pipeline.CentralCopy),
        new("10.3.4", "Changes of audit logs are noticed", Checks.ByHand("show how tampering is detected: the log file on the node has no signature or chain of hashes")),
        new("10.4.1", "Audit logs are reviewed daily", Pipeline.Review),
        new("10.4.1.1", "The review is automated", Pipeline.Review),
        new("10.5.1", "Audit logs are kept for 12 months, 3 of them at hand", Pipeline.Retention(searchable: 90, altogether: 365)),
        new("10.6", "Clocks are synchronised", Checks.ByHand("show the time servers of the nodes; events carry UTC with microseconds")),
        new("10.7.2", "Failures of audit logging are noticed and answered", Pipeline.SilenceNoticed),
    ]);
}
