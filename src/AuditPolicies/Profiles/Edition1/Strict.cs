using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>Baseline, with the content of workload changes and without the broad silences.</summary>
internal static class Strict
{
    public static Profile Value { get; } = new()
    {
        Name = "Strict",
        Purpose = "As Baseline, with the content of workload changes too, and with discovery by people and most reads by the control plane. For regulated clusters.",
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
            Guarding.Workloads(Level.Request),
            Guarding.Delivery,
        ],
        Remainder =
        [
            Noise.Probes,
            Noise.DiscoveryByMachines,
            Noise.Leases,
            Noise.Events,
            Noise.StatusOfNodes,
            Noise.StatusByServer,
            Noise.AccessQuestions,
            Noise.NodeAndSystemReads,
            Recording.Watches,
            Recording.EverythingElse,
        ],
    };
}
