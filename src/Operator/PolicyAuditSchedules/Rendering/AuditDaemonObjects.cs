using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What keeps the daemon running and has it scraped. Pure.</summary>
internal static class AuditDaemonObjects
{
    private const string Port = "health";

    public static string Name(ObjectMeta owner) => $"{owner.Name}-daemon";

    public static DesiredObject Deployment(AuditPod pod) => new(RenderedKinds.Deployments, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.Deployments.ApiVersion,
        ["kind"] = RenderedKinds.Deployments.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = Name(pod.Owner),
            ["namespace"] = pod.Owner.Namespace,
            ["labels"] = AuditPod.Labels(pod.Owner.Name, AuditTask.Daemon),
        },
        ["spec"] = new JsonObject
        {
            ["replicas"] = pod.Spec.Suspend || pod.Inputs.HoldsRuns ? 0 : 1,
            // Two daemons on one volume exclude each other: the old one goes first.
            ["strategy"] = new JsonObject { ["type"] = "Recreate" },
            ["selector"] = new JsonObject { ["matchLabels"] = Selector(pod.Owner) },
            ["template"] = pod.Template(AuditTask.Daemon),
        },
    });

    public static DesiredObject PodScrape(ObjectMeta owner) => new(RenderedKinds.VmPodScrapes, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.VmPodScrapes.ApiVersion,
        ["kind"] = RenderedKinds.VmPodScrapes.Kind,
        ["metadata"] = new JsonObject { ["name"] = Name(owner), ["namespace"] = owner.Namespace },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = Selector(owner) },
            ["podMetricsEndpoints"] = new JsonArray(new JsonObject { ["port"] = Port, ["path"] = "/metrics" }),
        },
    });

    /// <summary>The port, and probes on it.</summary>
    public static void AddProbes(JsonObject container)
    {
        container["ports"] = new JsonArray(new JsonObject { ["name"] = Port, ["containerPort"] = AuditConfiguration.HealthPort, ["protocol"] = "TCP" });
        container["startupProbe"] = Probe("/health", 2, 30);
        container["livenessProbe"] = Probe("/health", 30, 3);
        container["readinessProbe"] = Probe("/ready", 10, 3);
    }

    private static JsonObject Probe(string path, int period, int failures) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = Port },
        ["periodSeconds"] = period,
        ["failureThreshold"] = failures,
    };

    private static JsonObject Selector(ObjectMeta owner) => new() { [AuditPod.ScheduleLabel] = owner.Name, [AuditPod.TaskLabel] = AuditPod.Name(AuditTask.Daemon) };
}
