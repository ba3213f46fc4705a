using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Tables;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Http;

/// <summary>What a server is put together from. The one place that names the concrete parts.</summary>
internal sealed record ServerParts(
    ObjectStore Store, IResourceCatalog Catalog, IAuthenticator Authenticator, IAuthorizer Authorizer, EscalationCheck Escalation, IDiscovery Discovery,
    ITableWriter Tables, IReadOnlyList<IController> Controllers, string AdminToken)
{
    /// <param name="workloads">How Jobs and Pods are run; null when they are not.</param>
    /// <param name="authority">The server's certificate authority, PEM: every namespace gets a copy.</param>
    public static ServerParts Create(ObjectStore store, TimeProvider time, string adminToken, string authority, WorkloadOptions? workloads = null)
    {
        var tokens = new TokenAuthenticator(store, time, adminToken);
        var authorizer = new RbacAuthorizer(store);
        var catalog = new ResourceCatalog(Kinds(store, time, tokens, authorizer));
        var writer = new ObjectWriter(store, time);
        Bootstrap.Create(catalog, writer);
        foreach (var resource in catalog.All.Where(resource => resource.Answer is null))
        {
            store.Open(resource.Storage);
        }
        // No client ever saw what was before: to watch from there is to ask for a compacted revision, as on any server that ran for a while.
        store.Compact();
        return new ServerParts(store, catalog, tokens, authorizer, new EscalationCheck(authorizer), new ApiDiscovery(catalog), new TableWriter(),
            [
                new DefinitionController(store, catalog, writer, time),
                new NamespaceController(store, catalog, writer, time, authority),
                new GarbageCollector(store, catalog, writer),
                new EventExpiry(store, catalog, writer, time),
                .. workloads is null ? [] : Workloads(store, catalog, writer, time, workloads),
            ],
            adminToken);
    }

    private static IController[] Workloads(ObjectStore store, ResourceCatalog catalog, ObjectWriter writer, TimeProvider time, WorkloadOptions options) =>
    [
        new CronJobController(store, catalog, writer, options.CronTime ?? time),
        new JobController(store, catalog, writer, time),
        new DeploymentController(store, catalog, writer, time),
        new ReplicaSetController(store, catalog, writer, time),
        new PodRunner(store, catalog, writer, time, options),
    ];

    /// <summary>The built-in kinds together with what needs more than itself: reviews, tokens, finalization.</summary>
    private static List<ServedResource> Kinds(ObjectStore store, TimeProvider time, TokenAuthenticator tokens, RbacAuthorizer authorizer)
    {
        var kinds = BuiltInKinds.All(time).Select(kind => kind.Storage == BuiltInKinds.ServiceAccounts ? With(kind, "token", TokenRequests.Subresource(tokens, time))
            : kind.Storage == BuiltInKinds.Namespaces ? With(kind, "finalize", NamespaceFinalize.Subresource(store))
            : kind).ToList();
        kinds.InsertRange(kinds.FindIndex(kind => kind.Group == "batch"), AccessReviews.Kinds(authorizer, time));
        return kinds;
    }

    private static ServedResource With(ServedResource kind, string name, Subresource subresource) =>
        kind with { Subresources = new Dictionary<string, Subresource>(StringComparer.Ordinal) { [name] = subresource } };
}
