using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Controllers;

/// <summary>
/// Gives every namespace its default ServiceAccount and the certificate authority, puts them back when somebody deletes them, and empties
/// a deleted namespace before it lets it go.
/// </summary>
/// <param name="authority">The certificate authority of this server, PEM.</param>
internal sealed class NamespaceController(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time, string authority) : IController
{
    private const string Manager = "kube-controller-manager";
    private const string RootCertificates = "kube-root-ca.crt";

    private readonly ServedResource _namespaces = catalog.Find("", "v1", "namespaces")!;
    private readonly ServedResource _accounts = catalog.Find("", "v1", "serviceaccounts")!;
    private readonly ServedResource _configMaps = catalog.Find("", "v1", "configmaps")!;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchEverything();
            foreach (var space in store.Snapshot(BuiltInKinds.Namespaces).Objects)
            {
                Review(space.Name);
            }
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var content = change.Object.Content;
                if ((string?)content["kind"] == _namespaces.Kind && (string?)content["apiVersion"] == _namespaces.ApiVersion)
                {
                    Review(change.Object.Name);
                }
                else if (change.Type == StoreEventType.Deleted && change.Object.Namespace.Length > 0)
                {
                    Review(change.Object.Namespace);
                }
            }
        }
    }

    private void Review(string name)
    {
        if (store.Get(BuiltInKinds.Namespaces, null, name) is not { } space)
        {
            return;
        }
        if (ObjectWriter.IsTerminating(space.Content))
        {
            Empty(space);
        }
        else
        {
            Furnish(name);
        }
    }

    private void Furnish(string name)
    {
        if (store.Get(_accounts.Storage, name, "default") is null)
        {
            writer.Create(_accounts, Object("ServiceAccount", name, "default"), manager: null);
        }
        if (store.Get(_configMaps.Storage, name, RootCertificates) is null)
        {
            var certificates = Object("ConfigMap", name, RootCertificates);
            certificates["metadata"]!["annotations"] = new JsonObject
            {
                ["kubernetes.io/description"] = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
            };
            certificates["data"] = new JsonObject { ["ca.crt"] = authority };
            writer.Create(_configMaps, certificates, Manager);
        }
    }

    private void Empty(StoredObject space)
    {
        var kinds = catalog.All.Where(resource => resource.Namespaced && resource.Answer is null).DistinctBy(resource => resource.Storage).ToList();
        foreach (var kind in kinds)
        {
            foreach (var item in store.Snapshot(kind.Storage).Range(space.Name))
            {
                writer.Delete(kind, item);
            }
        }
        var remaining = kinds.Select(kind => (Kind: kind, Items: store.Snapshot(kind.Storage).Range(space.Name).ToList())).Where(left => left.Items.Count > 0).ToList();
        writer.Change(_namespaces, space, Manager, "status", updated =>
        {
            var before = updated["status"]!.DeepClone();
            if (remaining.Count > 0)
            {
                NamespaceConditions.Set(updated["status"]!.AsObject(), remaining, time);
            }
            return !JsonNode.DeepEquals(before, updated["status"]);
        });
        if (remaining.Count == 0)
        {
            writer.Change(_namespaces, space, Manager, null, updated => updated["spec"]?.AsObject().Remove("finalizers") == true);
        }
    }

    private static JsonObject Object(string kind, string @namespace, string name) => new()
    {
        ["kind"] = kind,
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
    };
}
