namespace Comptroller.AuditPolicies.Compliance.Standards;

/// <summary>ISO/IEC 27001 Annex A controls about logging. They name no numbers.</summary>
internal static class Iso27001
{
    public static Standard Value { get; } = new("ISO27001", "ISO/IEC 27001", "2022, Annex A",
    [
        new("A.5.28", "Evidence is collected and preserved", Checks.All(Pipeline.CentralCopy, Pipeline.SomeRetention)),
        new(
            "A.8.15",
            "Activities, failures and security events are recorded, kept, protected and analysed",
            Checks.All(
                Recording.EverythingByPeople, Recording.FailedLogins, Recording.SecretsWithoutContent, Recording.AccessRules, Recording.Credentials, Recording.Sessions,
                Pipeline.CentralCopy, Pipeline.Review)),
        new("A.8.16", "Anomalous behaviour is watched for and acted upon", Checks.All(Pipeline.Review, Pipeline.FailuresWatched, Pipeline.AnomaliesWatched)),
        new("A.8.17", "Clocks are synchronised", Checks.ByHand("show the time servers of the nodes; events carry UTC with microseconds")),
    ]);
}
