using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What a policy should name and what it should silence.</summary>
internal static class CoverageLints
{
    /// <summary>Ways into a container, a node or another identity.</summary>
    public static readonly Probe[] Sessions =
    [
        new("", "pods/exec", "get", "create"),
        new("", "pods/attach", "get", "create"),
        new("", "pods/portforward", "get", "create"),
        new("", "pods/proxy", "get", "create"),
        new("", "pods/ephemeralcontainers", "update", "patch"),
        new("", "services/proxy", "get", "create"),
        new("", "nodes/proxy", "get", "create"),
        new("", "serviceaccounts/token", "create"),
    ];

    // Objects through which an intruder stays.
    private static readonly Probe[] Footholds =
    [
        new("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "create", "update", "patch", "delete"),
        new("admissionregistration.k8s.io", "validatingwebhookconfigurations", "create", "update", "patch", "delete"),
        new("apiextensions.k8s.io", "customresourcedefinitions", "create", "update", "patch", "delete"),
        new("apiregistration.k8s.io", "apiservices", "create", "update", "patch", "delete"),
    ];

    private static readonly (Probe Probe, Identity By)[] Noise =
    [
        (new("coordination.k8s.io", "leases", "update"), Probe.Node),
        (new("coordination.k8s.io", "leases", "update"), Probe.ControllerManager),
        (new("", "events", "create"), Probe.Node),
        (new("", "nodes/status", "patch"), Probe.Node),
    ];

    public static IEnumerable<Finding> InteractiveSubresources(LintContext context) => Unnamed(
        context,
        "interactive-subresources",
        Sessions,
        "A rule for pods does not cover pods/exec: subresources are matched by their own names. Exec, port-forward and tokens are how someone gets into a workload; the command is in the request URL, so Metadata suffices.",
        "Add a rule with level Metadata for pods/exec, pods/attach, pods/portforward, pods/proxy, pods/ephemeralcontainers, services/proxy, nodes/proxy and serviceaccounts/token.");

    public static IEnumerable<Finding> PersistenceVectors(LintContext context) => Unnamed(
        context,
        "persistence-vectors",
        Footholds,
        "A webhook, a CRD or an APIService changes what the API server itself does, and outlives the account that created it.",
        "Add a rule with level Request for admissionregistration.k8s.io, apiextensions.k8s.io and apiregistration.k8s.io and the writing verbs.");

    public static IEnumerable<Finding> NoiseRecorded(LintContext context)
    {
        var recorded = Noise
            .Where(noise => noise.Probe.By(noise.By).Any(request => context.Evaluator.Decide(request).Level != Level.None))
            .Select(noise => $"{noise.Probe.Verbs[0]} {noise.Probe.Resource}")
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (recorded.Count > 0)
        {
            yield return new Finding(
                "noise-recorded",
                Severity.Info,
                null,
                $"heartbeats are recorded: {string.Join(", ", recorded)}",
                "Every node renews its lease and reports its status every few seconds, and leader elections do the same. Together with events that is most of what an idle cluster asks, and it says nothing about anyone.",
                "Put a rule with level None for leases (coordination.k8s.io), events and nodes/status after the rules for secrets.");
        }
    }

    private static IEnumerable<Finding> Unnamed(LintContext context, string id, Probe[] probes, string explanation, string fix)
    {
        var decided = probes
            .Select(probe => (probe.Resource, Decision: probe.By(Probe.Person).Select(context.Evaluator.Decide).MinBy(Rank)))
            .Where(entry => Rank(entry.Decision) < 2)
            .GroupBy(entry => entry.Decision.MatchedRule);
        foreach (var group in decided)
        {
            var resources = string.Join(", ", group.Select(entry => entry.Resource));
            var recorded = group.First().Decision.Level != Level.None;
            yield return new Finding(
                id,
                recorded ? Severity.Info : Severity.Warning,
                group.Key < 0 ? null : group.Key,
                recorded
                    ? $"{resources}: named by no rule, recorded only because rules[{group.Key}] takes whatever is left"
                    : $"{resources}: not recorded, {(group.Key < 0 ? "no rule matches" : $"rules[{group.Key}] has level None")}",
                explanation,
                fix);
        }

        // 0 not recorded, 1 recorded by a rule about no resource in particular, 2 recorded on purpose.
        int Rank(Decision decision) => decision.Level == Level.None ? 0 : context.Deciding(decision)!.Resources.IsEmpty ? 1 : 2;
    }
}
