using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Discovery;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;
using Comptroller.Sandbox.Tables;

namespace Comptroller.Sandbox.Http;

/// <summary>What a server is put together from. The one place that names the concrete parts.</summary>
internal sealed partial record ServerParts(
    ObjectStore Store, IResourceCatalog Catalog, IAuthenticator Authenticator, IAuthorizer Authorizer, IDiscovery Discovery, ITableWriter Tables,
    IReadOnlyList<IController> Controllers, string AdminToken);
