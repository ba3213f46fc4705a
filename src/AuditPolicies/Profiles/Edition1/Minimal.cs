using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>The least that still answers who changed what, who touched a Secret, and who got in.</summary>
internal static class Minimal
{
    public static Profile Value { get; } = new()
    {
        Name = "Minimal",
        Purpose = "Who changed what, who touched a Secret, who entered a workload, and who failed to log in; no bodies, and no reads of anything else. For clusters where volume is the limit.",
        Guards =
        [
            new(
                "Secrets and tokens: who read or changed them, never what they hold (CIS 3.2.2). First, so that no later rule can hide it.",
                Record(Level.Metadata, Core("secrets", "secrets/*", "serviceaccounts/token"), Group("authentication.k8s.io"))),
            Guarding.Sessions,
            new(
                "Debug containers are put into running pods.",
                Record(Level.Metadata, Core("pods/ephemeralcontainers"))),
            Guarding.AccessRules(Level.Metadata),
            Guarding.Footholds(Level.Metadata),
            Guarding.Definitions,
        ],
        Remainder =
        [
            Noise.Probes,
            Noise.Leases,
            Noise.Events,
            Noise.StatusOfNodes,
            Noise.StatusByServer,
            Noise.AccessQuestions,
            Noise.Endpoints,
            new(
                "Reads of everything else are most of the volume, and leave nothing changed. For logged-in callers only: failed logins and anonymous readers stay visible.",
                new PolicyRule { Level = Level.None, UserGroups = [Authenticated], Verbs = [.. Reads, "head"] }),
            new(
                "Everything else: every change of any kind, failed logins (401), anonymous requests.",
                Record(Level.Metadata)),
        ],
    };
}
