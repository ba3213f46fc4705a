// Stands in until the catalog, access, discovery and tables land; then ServerParts.Create names those and this file goes.
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Tables;

namespace Comptroller.Sandbox.Http;

internal sealed partial record ServerParts
{
    public static ServerParts Create(ObjectStore store, TimeProvider time, string adminToken)
    {
        foreach (var name in (string[])["default", "kube-system"])
        {
            store.TryCreate(new StorageName("", "namespaces"), new JsonObject
            {
                ["kind"] = "Namespace",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = Guid.NewGuid().ToString(), ["creationTimestamp"] = Times.Format(time.GetUtcNow()) },
            }, out _);
        }
        var catalog = new ResourceCatalog(BuiltInKinds.All(time));
        return new ServerParts(store, catalog, new PendingAccess(adminToken), new PendingAccess(adminToken), new PendingDiscovery(), new PendingTables(), [new PendingDefinitions(store, catalog), new PendingNamespaces(store)], adminToken);
    }
}

internal sealed class PendingDefinitions(ObjectStore store, ResourceCatalog catalog) : IController
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (_, watcher) = store.WatchFromNow(BuiltInKinds.Definitions);
        using (watcher)
        {
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                Follow(change);
            }
        }
    }

    private void Follow(StoreEvent change)
    {
        if (change.Type == StoreEventType.Deleted)
        {
            catalog.Withdraw(change.Object.Name);
            return;
        }
        var definition = (JsonObject)change.Object.Content.DeepClone();
        if (definition["metadata"]!["deletionTimestamp"] is not null)
        {
            store.TryRemove(BuiltInKinds.Definitions, change.Object, out _);
            return;
        }
        if (definition["status"]?["conditions"] is JsonArray)
        {
            catalog.Publish(change.Object.Name, CustomKinds.Of(definition));
            store.Open(new StorageName((string)definition["spec"]!["group"]!, (string)definition["spec"]!["names"]!["plural"]!));
            return;
        }
        definition["status"]!["acceptedNames"] = definition["spec"]!["names"]!.DeepClone();
        definition["status"]!["conditions"] = new JsonArray(new JsonObject { ["type"] = "Established", ["status"] = "True" });
        catalog.Publish(change.Object.Name, CustomKinds.Of(definition));
        store.TryReplace(BuiltInKinds.Definitions, change.Object, definition, out _);
    }
}

internal sealed class PendingNamespaces(ObjectStore store) : IController
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (_, watcher) = store.WatchFromNow(BuiltInKinds.Namespaces);
        using (watcher)
        {
            await foreach (var change in watcher.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (var (place, kind, name) in ((StorageName, string, string)[])[(BuiltInKinds.ConfigMaps, "ConfigMap", "kube-root-ca.crt"), (BuiltInKinds.ServiceAccounts, "ServiceAccount", "default")])
                {
                    store.TryCreate(place, new JsonObject
                    {
                        ["kind"] = kind,
                        ["apiVersion"] = "v1",
                        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = change.Object.Name, ["uid"] = Guid.NewGuid().ToString() },
                    }, out _);
                }
            }
        }
    }
}

internal sealed class PendingAccess(string token) : IAuthenticator, IAuthorizer
{
    public UserInfo? Authenticate(string? authorizationHeader) => string.IsNullOrEmpty(authorizationHeader) ? UserInfo.Anonymous
        : authorizationHeader == $"Bearer {token}" ? new UserInfo("system:admin", "", ["system:masters"], new Dictionary<string, IReadOnlyList<string>>()) : null;

    public AccessDecision Authorize(AccessRequest request) => new(request.User.Name == "system:admin" || request.Path is "/version" or "/healthz" or "/livez" or "/readyz", "");
}

internal sealed class PendingDiscovery : IDiscovery
{
    public DiscoveryAnswer? Answer(DiscoveryRequest request) => null;
}

internal sealed class PendingTables : ITableWriter
{
    public JsonObject Write(ServedResource resource, IReadOnlyList<JsonObject> objects, JsonObject listMetadata, TableForm form, DateTimeOffset now) => [];
}
