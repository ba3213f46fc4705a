namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>The audit family of NIST SP 800-53. Numbers that it leaves to the organisation are left to it here.</summary>
internal static class Nist80053
{
    public static Standard Value { get; } = new("NIST80053", "NIST SP 800-53, family AU", "revision 5",
    [
        new(
            "AU-2",
            "The event types to record are chosen and recorded: logins, access, privilege, change of objects and of policy",
            Checks.All(Recording.FailedLogins, Recording.SecretAccess, Recording.AccessRules, Recording.Credentials, Recording.SystemObjects, Recording.ControlChanges)),
        new("AU-3", "Records tell what, when, where, from where, who and the outcome", Checks.All(Recording.EverythingByPeople, Recording.FailedLogins)),
        new("AU-3(1)", "Records hold further detail: here, the content of privileged changes", Recording.ContentOfPrivilegedChanges),
        new("AU-4", "There is room for the records", Checks.ByHand("compare status.estimate, or an estimate from a recorded log, with the disks of nodes and store")),
        new("AU-5", "Failure of logging raises an alert", Pipeline.SilenceNoticed),
        new("AU-6", "Records are reviewed and reported", Checks.All(Pipeline.Review, Pipeline.FailuresWatched)),
        new("AU-8", "Records carry the time of an internal clock, in UTC", Checks.All(
            NodeLogging.Policy, Checks.ByHand("show the time servers of the nodes; events carry UTC with microseconds"))),
        new("AU-9", "Records are protected from reading, change and deletion", Checks.All(
            Recording.SecretsWithoutContent, Pipeline.CentralCopy, Checks.ByHand("show who may read and delete in the store"))),
        new("AU-11", "Records are kept as long as the organisation has decided", Pipeline.SomeRetention),
        new("AU-12", "The records can be made on all components, by those who decide what is recorded", Checks.All(NodeLogging.Policy, NodeLogging.Path, Recording.AuditChanges)),
    ]);
}
