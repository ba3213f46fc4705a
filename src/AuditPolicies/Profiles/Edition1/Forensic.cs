using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>Everything but heartbeats, changes with request and response.</summary>
internal static class Forensic
{
    public static Profile Value { get; } = new()
    {
        Name = "Forensic",
        Purpose = "Every change with request and response, every read without, heartbeats not at all. For the days of an investigation, and where the DISA STIG asks for RequestResponse; several times the volume of Strict.",
        Guards =
        [
            Guarding.Confidential,
            Guarding.Sessions,
            Guarding.DebugContainers(Level.RequestResponse),
            Guarding.AccessRules(Level.RequestResponse),
            Guarding.Footholds(Level.RequestResponse),
            Guarding.Definitions,
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
            new(
                "Every other change, before and after (DISA STIG V-242403). Kinds of your own that hold credentials want a rule with level Metadata in spec.rules, which come first.",
                new PolicyRule { Level = Level.RequestResponse, Verbs = [.. Writes] }),
            Recording.EverythingElse,
        ],
    };
}
