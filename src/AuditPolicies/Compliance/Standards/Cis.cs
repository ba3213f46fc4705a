namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>CIS Kubernetes Benchmark. Older editions number the same checks 1.2.17 to 1.2.20 (1.8) or 1.2.18 to 1.2.21 (1.24).</summary>
internal static class Cis
{
    public static Standard Value { get; } = new("CIS", "CIS Kubernetes Benchmark", "1.10 to 1.12",
    [
        new("1.2.16", "The API server writes an audit log (audit-log-path)", NodeLogging.Path),
        new("1.2.17", "Rotated logs are kept for 30 days or more (audit-log-maxage)", NodeLogging.Age),
        new("1.2.18", "10 rotated logs or more are kept (audit-log-maxbackup)", NodeLogging.Backups),
        new("1.2.19", "A log is rotated at 100 MiB or more (audit-log-maxsize)", NodeLogging.Size),
        new("3.2.1", "There is an audit policy", NodeLogging.Policy),
        new(
            "3.2.2",
            "The policy covers key concerns: Secrets, ConfigMaps and token reviews at Metadata only; changes of pods and deployments; exec, port-forward and proxy; most requests at Metadata or more",
            Checks.All(Recording.SecretsWithoutContent, Recording.NothingConfidential, Recording.WorkloadChanges, Recording.Sessions, Recording.EverythingByPeople)),
    ]);
}
