using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Bench;

/// <summary>The AuditPolicies that are measured with: the smallest useful one, many times, over several namespaces.</summary>
internal static class Policies
{
    private const string FieldManager = "bench";
    private const int Namespaces = 10;

    private static readonly ResourceType<JsonObject> NamespaceType = KubernetesTypes.UntypedOf(new ResourceType("", "v1", "namespaces", "Namespace", Namespaced: false));

    public static string NamespaceOf(int index) => $"bench-{index % Namespaces}";

    public static string NameOf(int index) => $"policy-{index:D5}";

    public static async Task CreateNamespacesAsync(IKubeClient client, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Namespaces; i++)
        {
            var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = NamespaceOf(i) } };
            await client.CreateAsync(NamespaceType, null, body, FieldManager, cancellationToken);
        }
    }

    /// <summary>Creates all at once, as far as the server lets sixteen connections.</summary>
    public static Task CreateAsync(IKubeClient client, int first, int count, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            Enumerable.Range(first, count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
            async (index, token) => await client.CreateAsync(ResourceTypes.AuditPolicies, NamespaceOf(index), Body(index), FieldManager, token));

    /// <summary>
    /// Watches until <paramref name="count"/> resources are Ready at their newest generation. Returns once the watch stands;
    /// the task inside ends with the last of them.
    /// </summary>
    public static async Task<Task> WatchReadyAsync(IKubeClient client, int count, CancellationToken cancellationToken)
    {
        var ready = new HashSet<string>(StringComparer.Ordinal);
        var page = await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), cancellationToken);
        foreach (var item in page.Items)
        {
            Note(ready, item);
        }

        return UntilReadyAsync(client, page.ResourceVersion, ready, count, cancellationToken);
    }

    private static async Task UntilReadyAsync(IKubeClient client, string version, HashSet<string> ready, int count, CancellationToken cancellationToken)
    {
        while (ready.Count < count)
        {
            var watch = client.WatchAsync(
                ResourceTypes.AuditPolicies, null, new WatchOptions { ResourceVersion = version, Timeout = TimeSpan.FromMinutes(5) }, cancellationToken);
            await foreach (var change in watch)
            {
                version = change.Metadata.ResourceVersion!;
                if (change.Object is { } item && change.Type != WatchEventType.Bookmark)
                {
                    Note(ready, item);
                }

                if (ready.Count >= count)
                {
                    break;
                }
            }
        }
    }

    private static void Note(HashSet<string> ready, AuditPolicy item)
    {
        var condition = item.Status.Conditions?.FirstOrDefault(each => each.Type == "Ready");
        if (condition is { Status: "True" } && item.Status.ObservedGeneration == item.Metadata.Generation)
        {
            ready.Add(item.Metadata.Uid!);
        }
    }

    /// <summary>As config/samples/auditpolicy-small.yaml.</summary>
    private static JsonObject Body(int index) => new()
    {
        ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion,
        ["kind"] = ResourceTypes.AuditPolicies.Kind,
        ["metadata"] = new JsonObject { ["name"] = NameOf(index), ["namespace"] = NamespaceOf(index) },
        ["spec"] = new JsonObject
        {
            ["rules"] = new JsonArray(
                new JsonObject
                {
                    ["level"] = "None",
                    ["nonResourceURLs"] = new JsonArray("/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*"),
                },
                new JsonObject
                {
                    ["level"] = "None",
                    ["resources"] = new JsonArray(
                        Resources("coordination.k8s.io", "leases"), Resources("", "events", "nodes/status"), Resources("events.k8s.io", "events")),
                },
                new JsonObject { ["level"] = "Metadata" }),
            ["forwarding"] = new JsonObject
            {
                ["cluster"] = $"homelab-{index}",
                ["victoriaLogs"] = new JsonObject { ["endpoint"] = "http://victoria-logs.monitoring.svc.cluster.local:9428" },
            },
        },
    };

    private static JsonObject Resources(string group, params string[] names) =>
        new() { ["group"] = group, ["resources"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };
}
