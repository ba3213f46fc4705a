using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>What keeps one pod running and has it scraped. Pure.</summary>
internal static class DaemonObjects
{
    private const string Port = "health";

    /// <param name="owner">The resource that it is rendered for.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels.</param>
    /// <param name="selector">Labels of the pod, which no other pod of the namespace has.</param>
    /// <param name="runs">Whether the pod is wanted now.</param>
    /// <param name="template">The pod template.</param>
    public static DesiredObject Deployment(ObjectMeta owner, string name, JsonObject labels, JsonObject selector, bool runs, JsonObject template) => new(RenderedKinds.Deployments, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.Deployments.ApiVersion,
        ["kind"] = RenderedKinds.Deployments.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace, ["labels"] = labels },
        ["spec"] = new JsonObject
        {
            ["replicas"] = runs ? 1 : 0,
            // Two daemons on one volume exclude each other: the old one goes first.
            ["strategy"] = new JsonObject { ["type"] = "Recreate" },
            ["selector"] = new JsonObject { ["matchLabels"] = selector },
            ["template"] = template,
        },
    });

    public static DesiredObject PodScrape(ObjectMeta owner, string name, JsonObject selector) => new(RenderedKinds.VmPodScrapes, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.VmPodScrapes.ApiVersion,
        ["kind"] = RenderedKinds.VmPodScrapes.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace },
        ["spec"] = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = selector },
            ["podMetricsEndpoints"] = new JsonArray(new JsonObject { ["port"] = Port, ["path"] = "/metrics" }),
        },
    });

    /// <summary>The port, and probes on it.</summary>
    public static void AddProbes(JsonObject container, int port)
    {
        container["ports"] = new JsonArray(new JsonObject { ["name"] = Port, ["containerPort"] = port, ["protocol"] = "TCP" });
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
}
