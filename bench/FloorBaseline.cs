using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Configuration;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Bench;

/// <summary>
/// The least that any operator on our client must spend: the writes of one reconciled AuditPolicy, with the bodies that the operator
/// sent, from a plain loop. No cache, no queue, no rendering. Needs a cluster that holds <c>count</c> reconciled AuditPolicies and no
/// running operator.
/// </summary>
internal static class FloorBaseline
{
    private const string FieldManager = "floor";
    private const int Workers = 4;
    private const int WarmUp = 500;

    /// <summary>How the figure is handed to <c>operator</c>, which runs this in a process of its own.</summary>
    public const string CpuLine = "cpu-ms-per-object ";

    public static async Task<int> RunAsync(string kubeconfig, int count, CancellationToken cancellationToken)
    {
        var configuration = await new ConfigurationLoader().LoadAsync(kubeconfig, context: null, cancellationToken);
        using var client = KubeClient.Create(configuration, new KubeClientOptions { Product = FieldManager });
        var bodies = await BodiesAsync(client, cancellationToken);
        // Not counted: the loop is to be compared with a binary that is compiled ahead, so its own compiler must have finished.
        await WriteAllAsync("warm", Enumerable.Range(0, WarmUp).Select(index => index % count));
        var before = Environment.CpuUsage.TotalTime;
        await WriteAllAsync("floor", Enumerable.Range(0, count));
        var spent = Environment.CpuUsage.TotalTime - before;
        Console.WriteLine(CpuLine + (spent.TotalMilliseconds / count).ToString("0.000", CultureInfo.InvariantCulture));
        return 0;

        // The copies of the warm-up have names of their own; the statuses are those of policies that exist, or the server would refuse them.
        Task WriteAllAsync(string prefix, IEnumerable<int> indexes) => Parallel.ForEachAsync(
            indexes.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellationToken },
            async (item, token) => await WriteAsync(client, bodies, $"{prefix}-{item.Index}", item.Item, token));
    }

    /// <summary>What the operator wrote for the first policy, ready to be sent under other names.</summary>
    private static async Task<Written> BodiesAsync(KubeClient client, CancellationToken cancellationToken)
    {
        var (home, name) = (Policies.NamespaceOf(0), Policies.NameOf(0));
        var policy = await client.GetAsync(KubernetesTypes.UntypedOf(ResourceTypes.AuditPolicies), home, name, cancellationToken);
        var objects = new List<(ResourceType Type, JsonObject Body)>();
        foreach (var entry in policy["status"]!["inventory"]!.AsArray().Select(node => node!.AsObject()))
        {
            var type = new ResourceType((string?)entry["group"] ?? "", (string)entry["version"]!, (string)entry["plural"]!, (string)entry["kind"]!, Namespaced: true);
            var body = await client.GetAsync(KubernetesTypes.UntypedOf(type), home, (string)entry["name"]!, cancellationToken);
            objects.Add((type, Intent(body)));
        }

        return new Written(objects, policy["status"]!.AsObject());
    }

    private static async Task WriteAsync(KubeClient client, Written written, string prefix, int policy, CancellationToken cancellationToken)
    {
        var (home, name) = (Policies.NamespaceOf(policy), Policies.NameOf(policy));
        foreach (var (type, template) in written.Objects)
        {
            var body = template.DeepClone().AsObject();
            var copy = $"{prefix}-{(string)body["metadata"]!["name"]!}";
            body["metadata"]!["name"] = copy;
            body["metadata"]!["namespace"] = home;
            await client.ApplyAsync(KubernetesTypes.MetadataOf(type), home, copy, body, new ApplyOptions(FieldManager), cancellationToken);
        }

        var status = new JsonObject
        {
            ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion,
            ["kind"] = ResourceTypes.AuditPolicies.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = home },
            ["status"] = written.Status.DeepClone(),
        };
        await client.ApplyAsync(KubernetesTypes.MetadataOf(ResourceTypes.AuditPolicies), home, name, status, new ApplyOptions(FieldManager, Subresource: "status"), cancellationToken);
        var note = new JsonObject
        {
            ["apiVersion"] = "events.k8s.io/v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject { ["name"] = prefix, ["namespace"] = home },
            ["eventTime"] = "2026-01-01T00:00:00.000000Z",
            ["reportingController"] = "comptroller.dev/floor",
            ["reportingInstance"] = "floor",
            ["action"] = "Render",
            ["reason"] = "Succeeded",
            ["type"] = "Normal",
            ["note"] = string.Join(", ", written.Objects.Select(each => $"{each.Type.Kind} {(string)each.Body["metadata"]!["name"]!} created")),
            ["regarding"] = new JsonObject { ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion, ["kind"] = ResourceTypes.AuditPolicies.Kind, ["namespace"] = home, ["name"] = name },
        };
        await client.CreateAsync(KubernetesTypes.MetadataOf(KubernetesTypes.Events), home, note, FieldManager, cancellationToken);
    }

    /// <summary>An object without what the server added. Without the owner, too: the copy must outlive nothing and be nobody's.</summary>
    private static JsonObject Intent(JsonObject stored)
    {
        var body = stored.DeepClone().AsObject();
        var metadata = body["metadata"]!.AsObject();
        foreach (var field in new[] { "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences" })
        {
            metadata.Remove(field);
        }

        return body;
    }

    private sealed record Written(IReadOnlyList<(ResourceType Type, JsonObject Body)> Objects, JsonObject Status);
}
