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

    /// <summary>
    /// How long a deleted namespace is left alone: requests that were admitted before the deletion may still be on their way to it. The
    /// real controller waits five seconds.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly HashSet<string> _emptying = new(StringComparer.Ordinal);

    private readonly ServedResource _namespaces = catalog.Find("", "v1", "namespaces")!;
    private readonly ServedResource _accounts = catalog.Find("", "v1", "serviceaccounts")!;
    private readonly ServedResource _configMaps = catalog.Find("", "v1", "configmaps")!;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var watcher = store.WatchEverything();
            var terminating = new Delayed<string>(Grace, time);
            foreach (var space in store.Snapshot(BuiltInKinds.Namespaces).Objects)
            {
                Review(space, terminating);
            }
            while (await terminating.WaitAsync(watcher, cancellationToken).ConfigureAwait(false))
            {
                while (watcher.Events.TryRead(out var change))
                {
                    Follow(change, terminating);
                }
                foreach (var name in terminating.TakeDue())
                {
                    _emptying.Add(name);
                    Empty(name);
                }
            }
        }
    }

    private void Follow(StoreEvent change, Delayed<string> terminating)
    {
        var content = change.Object.Content;
        if ((string?)content["kind"] == _namespaces.Kind && (string?)content["apiVersion"] == _namespaces.ApiVersion)
        {
            if (change.Type == StoreEventType.Deleted)
            {
                _emptying.Remove(change.Object.Name);
            }
            else
            {
                Review(change.Object, terminating);
            }
        }
        else if (change.Type == StoreEventType.Deleted && change.Object.Namespace.Length > 0)
        {
            if (_emptying.Contains(change.Object.Namespace))
            {
                Empty(change.Object.Namespace);
            }
            else
            {
                Furnish(change.Object.Namespace);
            }
        }
    }

    private void Review(StoredObject space, Delayed<string> terminating)
    {
        if (!ObjectWriter.IsTerminating(space.Content))
        {
            Furnish(space.Name);
        }
        else if (!_emptying.Contains(space.Name))
        {
            terminating.Add(space.Name);
        }
    }

    private void Furnish(string name)
    {
        if (store.Get(BuiltInKinds.Namespaces, null, name) is not { } space || ObjectWriter.IsTerminating(space.Content))
        {
            return;
        }
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

    private void Empty(string name)
    {
        if (store.Get(BuiltInKinds.Namespaces, null, name) is not { } space || !ObjectWriter.IsTerminating(space.Content))
        {
            return;
        }
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
                NamespaceConditions.Set(updated, remaining, time);
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
