using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>What most clusters want.</summary>
internal static class Baseline
{
    public static Profile Value { get; } = new()
    {
        Name = "Baseline",
        Purpose = "Changes of access rules and infrastructure with their content, every other change and every read by people and workloads without, the system's own chatter not at all. For most clusters.",
        Guards =
        [
            Guarding.Confidential,
            Guarding.Sessions,
            Guarding.DebugContainers(Level.Request),
            Guarding.AccessRules(Level.Request),
            Guarding.CertificatesAndStores(Level.Request),
            Guarding.Footholds(Level.Request),
            Guarding.Definitions,
            Guarding.Infrastructure(Level.Request),
            Guarding.Workloads(Level.Metadata),
            Guarding.Delivery,
        ],
        Remainder =
        [
            Noise.Probes,
            Noise.Discovery,
            Noise.Leases,
            Noise.Events,
            Noise.StatusOfNodes,
            Noise.StatusByServer,
            Noise.AccessQuestions,
            Noise.Endpoints,
            Noise.ControlPlaneReads,
            Noise.NodeAndSystemReads,
            Recording.Watches,
            Recording.EverythingElse,
        ],
    };
}
