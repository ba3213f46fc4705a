using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Try;

namespace Comptroller.Operator.Tests.Estates;

/// <summary>
/// A cluster over HTTPS with what a user would have applied, and operators that may do only what config/rbac grants. Waits follow a
/// watch, end after <see cref="Patience"/> and fail with what was seen last.
/// </summary>
internal sealed class Estate : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public const string OperatorNamespace = "comptroller-system";

    private static readonly string[] Written =
    [
        "auditbackups", "auditpolicies", "policyauditschedules", "configmaps", "cronjobs", "deployments", "jobs", "networkpolicies", "persistentvolumeclaims",
        "policyreports", "reports", "vmpodscrapes", "vmrules", "events",
    ];

    private readonly List<OperatorRun> operators = [];

    private Estate(SandboxServer server)
    {
        Server = server;
        Admin = KubeClient.Create(TryIt.Access(server, server.AdminToken), new KubeClientOptions { Component = "test", FieldValidation = "Strict" });
    }

    public SandboxServer Server { get; }

    /// <summary>May do everything.</summary>
    public KubeClient Admin { get; }

    /// <param name="crds">Kinds whose CRDs are applied; all by default.</param>
    public static Task<Estate> StartAsync(params string[] crds) => StartAsync(new SandboxOptions(), crds);

    public static async Task<Estate> StartAsync(SandboxOptions options, params string[] crds)
    {
        var estate = new Estate(await SandboxServer.StartAsync(options));
        await estate.ApplyAsync(Manifests.Read(Manifests.Crds).Where(crd => crds.Length == 0 || crds.Contains(KindOf(crd))));
        await estate.ApplyAsync(Manifests.Read(Manifests.OperatorAccess));
        return estate;
    }

    public static JsonObject Crd(string kind) => Manifests.Read(Manifests.Crds).Single(crd => KindOf(crd) == kind);

    public static JsonObject Role(string name) => Manifests.Read(Manifests.OperatorAccess).Single(item => (string)item["kind"]! is "ClusterRole" && (string)item["metadata"]!["name"]! == name);

    public static JsonObject Sample(string name) => Manifests.Read(Manifests.Samples).Single(item => (string)item["metadata"]!["name"]! == name);

    /// <summary>Starts an operator with the service account's own token.</summary>
    public async Task<OperatorRun> OperateAsync(Func<OperatorOptions, OperatorOptions>? adjust = null)
    {
        var run = OperatorRun.Start(
            TryIt.Access(Server, await OperatorTokenAsync()),
            options => (adjust?.Invoke(options) ?? options) with { LeaderElectionNamespace = OperatorNamespace });
        operators.Add(run);
        return run;
    }

    /// <summary>A fresh token of the operator's service account.</summary>
    public Task<string> OperatorTokenAsync() => TryIt.OperatorTokenAsync(Admin, CancellationToken.None);

    /// <summary>As kubectl apply does; kinds are served when it returns.</summary>
    public async Task ApplyAsync(params IEnumerable<JsonObject> documents)
    {
        foreach (var document in documents)
        {
            await Manifests.ApplyAsync(Admin, [document], CancellationToken.None);
            if ((string)document["kind"]! == KubernetesTypes.CustomResourceDefinitions.Kind)
            {
                await UntilAsync(KubernetesTypes.CustomResourceDefinitions, "", (string)document["metadata"]!["name"]!, crd => crd!.Condition("Established") is { Status: "True" });
                await Manifests.UntilServedAsync(Admin, [document], CancellationToken.None);
            }
        }
    }

    public Task NamespaceAsync(string name) =>
        ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } });

    /// <summary>Applies an AuditPolicy, the way kubectl would.</summary>
    public Task ApplyAsync(string @namespace, string name, string spec) => ApplyAsync(Specs.Document(spec, name, @namespace));

    public Task MergeAsync(ResourceType type, string @namespace, string name, string patch) => Admin.MergePatchAsync(
        KubernetesTypes.UntypedOf(type), @namespace, name, (JsonObject)JsonNode.Parse(patch)!, "test", CancellationToken.None);

    public Task DeleteAsync(ResourceType type, string @namespace, string name) =>
        Admin.DeleteAsync(type, @namespace, name, new DeleteOptions(), CancellationToken.None);

    public Task<JsonObject> GetAsync(ResourceType type, string @namespace, string name) =>
        Admin.GetAsync(KubernetesTypes.UntypedOf(type), @namespace, name, CancellationToken.None);

    public async Task<bool> ExistsAsync(ResourceType type, string @namespace, string name) =>
        (await Admin.ListAllAsync(KubernetesTypes.UntypedOf(type), @namespace, Named(name), CancellationToken.None)).Items.Count > 0;

    /// <summary>Waits until the AuditPolicy's status speaks of its newest generation and says <paramref name="condition"/>, such as <c>Ready=True/Succeeded</c>.</summary>
    public async Task<JsonObject> UntilAsync(string @namespace, string name, string condition) =>
        (await UntilAsync(ResourceTypes.AuditPolicies, @namespace, name, item => item is not null && item.IsObserved() && item.Says(condition)))!;

    public Task UntilGoneAsync(ResourceType type, string @namespace, string name) => UntilAsync(type, @namespace, name, item => item is null);

    /// <summary>Waits for an object of that kind, whatever its name.</summary>
    public Task UntilAnyAsync(ResourceType type, string @namespace) => UntilAsync(type, @namespace, null, item => item is not null);

    /// <summary>Follows one object until something holds of it; null stands for its absence.</summary>
    public async Task<JsonObject?> UntilAsync(ResourceType type, string @namespace, string? name, Func<JsonObject?, bool> holds)
    {
        using var patience = new CancellationTokenSource(Patience);
        var (untyped, named) = (KubernetesTypes.UntypedOf(type), Named(name));
        JsonObject? seen = null;
        try
        {
            while (true)
            {
                var page = await Admin.ListAllAsync(untyped, @namespace, named, patience.Token);
                seen = page.Items is [var item, ..] ? item : null;
                if (holds(seen))
                {
                    return seen;
                }

                // A watch that is dropped or expires starts over with the list.
                var options = new WatchOptions { ResourceVersion = page.ResourceVersion, Timeout = Patience, FieldSelector = named.FieldSelector };
                await foreach (var change in WatchAsync(untyped, @namespace, options, patience.Token))
                {
                    seen = change.Type switch { WatchEventType.Deleted => null, WatchEventType.Bookmark => seen, _ => change.Object };
                    if (holds(seen))
                    {
                        return seen;
                    }
                }
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{type.Kind} {@namespace}/{name} is last seen as {seen?.ToJsonString() ?? "absent"}\n{string.Join('\n', operators.Select(run => run.Log))}", e);
        }
    }

    /// <summary>Requests so far that change resources, what they render into, or events; leases and reviews aside.</summary>
    public long Writes() =>
        (from verb in new[] { "POST", "PUT", "PATCH", "APPLY", "DELETE" } from resource in Written select Server.Requests.Count(verb, resource)).Sum();

    public async ValueTask DisposeAsync()
    {
        foreach (var run in operators)
        {
            await run.DisposeAsync();
        }

        Admin.Dispose();
        await Server.DisposeAsync();
    }

    private async IAsyncEnumerable<WatchEvent<JsonObject>> WatchAsync(
        ResourceType<JsonObject> type, string @namespace, WatchOptions options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var changes = Admin.WatchAsync(type, @namespace, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await changes.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (KubeApiException e) when (e.IsGone || e.IsTransport)
            {
                yield break;
            }

            yield return changes.Current;
        }
    }

    private static ListOptions Named(string? name) => new() { FieldSelector = name is null ? null : $"metadata.name={name}" };

    private static string KindOf(JsonObject crd) => (string)crd["spec"]!["names"]!["kind"]!;
}
