// Stands in until the catalog, access, discovery and tables land; then ServerParts.Create names those and this file goes.
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Schemas;
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
        return new ServerParts(store, new PendingCatalog(store), new PendingAccess(adminToken), new PendingAccess(adminToken), new PendingDiscovery(), new PendingTables(), [], adminToken);
    }
}

internal sealed class PendingCatalog(ObjectStore store) : IResourceCatalog
{
    private static readonly string[] AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly Schema Anything = Schema.Parse(new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true });
    private readonly Dictionary<(string, string, string), (long, ServedResource)> _custom = [];
    private readonly List<ServedResource> _builtIn =
    [
        Kind("", "v1", "namespaces", "Namespace", false), Kind("", "v1", "configmaps", "ConfigMap", true), Kind("", "v1", "secrets", "Secret", true),
        Kind("coordination.k8s.io", "v1", "leases", "Lease", true), Kind("events.k8s.io", "v1", "events", "Event", true),
        Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false),
    ];

    public IReadOnlyList<ServedResource> All => _builtIn;

    public ServedResource? Find(string group, string version, string plural)
    {
        if (_builtIn.Find(kind => kind.Group == group && kind.Version == version && kind.Plural == plural) is { } found)
        {
            return found;
        }
        if (store.Get(new StorageName("apiextensions.k8s.io", "customresourcedefinitions"), null, $"{plural}.{group}") is not { } definition)
        {
            return null;
        }
        lock (_custom)
        {
            if (_custom.TryGetValue((group, version, plural), out var known) && known.Item1 == definition.Revision)
            {
                return known.Item2;
            }
            var spec = definition.Content["spec"]!;
            var served = spec["versions"]!.AsArray().First(entry => (string?)entry!["name"] == version)!;
            var made = new ServedResource
            {
                Group = group,
                Version = version,
                Plural = plural,
                Singular = "",
                Kind = (string)spec["names"]!["kind"]!,
                Namespaced = (string?)spec["scope"] == "Namespaced",
                Verbs = AllVerbs,
                Schema = Schema.Parse((JsonObject)served["schema"]!["openAPIV3Schema"]!.DeepClone()),
                HasStatus = served["subresources"]?["status"] is not null,
                IsCustom = true,
                Storage = new StorageName(group, plural),
            };
            _custom[(group, version, plural)] = (definition.Revision, made);
            return made;
        }
    }

    private static ServedResource Kind(string group, string version, string plural, string kind, bool namespaced) => new()
    {
        Group = group,
        Version = version,
        Plural = plural,
        Singular = "",
        Kind = kind,
        Namespaced = namespaced,
        Verbs = AllVerbs,
        Schema = Anything,
        AllowsUnconditionalUpdate = true,
        Storage = new StorageName(group, plural),
    };
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
