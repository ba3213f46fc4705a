namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>The chapter on audit logging of the NSA and CISA guide. It has no numbers; the names are ours.</summary>
internal static class NsaCisa
{
    public static Standard Value { get; } = new("NSA", "NSA/CISA Kubernetes Hardening Guide", "1.2",
    [
        new("audit-enabled", "Audit logging is on: by default it is not", Checks.All(NodeLogging.Policy, NodeLogging.Path, Recording.EverythingByPeople, Recording.Sessions)),
        new("logs-persist", "Logs survive the loss of a node", Pipeline.CentralCopy),
        new(
            "logs-aggregated",
            "Logs are gathered outside the cluster",
            Checks.All(Pipeline.CentralCopy, Checks.ByHand("show that the store that events are sent to does not run in the cluster that they are about"))),
        new("logs-monitored", "A system watches the logs and alerts", Checks.All(Pipeline.Review, Pipeline.FailuresWatched, Pipeline.AnomaliesWatched)),
        new("logs-protected", "Logs are protected from reading and change", Checks.All(
            Recording.SecretsWithoutContent, Checks.ByHand("show who may read and delete in the store; on the node the file belongs to the API server, mode 0600"))),
    ]);
}
