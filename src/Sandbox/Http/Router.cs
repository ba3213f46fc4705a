using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Http;

/// <summary>
/// Decides what a path and a method mean. Custom kinds are routed by hand in the real server and built-in kinds by a router of theirs,
/// so that the two refuse differently.
/// </summary>
internal sealed class Router(IResourceCatalog catalog)
{
    /// <summary>The kind that the path names; null when the answer is the plain-text 404.</summary>
    /// <param name="verb">As <see cref="ApiPath.VerbOf"/> gives it; empty for a method that is none.</param>
    /// <exception cref="StatusError">The path is known and cannot be used so.</exception>
    public ServedResource? Find(ApiPath path, string method, string verb)
    {
        var resource = catalog.Find(path.Group, path.Version, path.Resource);
        if (resource is null)
        {
            return catalog.All.Any(served => !served.IsCustom && served.Group == path.Group && served.Version == path.Version)
                ? throw StatusResponses.UnknownPath() : null;
        }
        return resource.IsCustom ? Custom(resource, path, verb) : BuiltIn(resource, path, method, verb);
    }

    private static bool IsNamespaced(ApiPath path) => path.Namespace.Length > 0 && !(path.Group.Length == 0 && path.Resource == "namespaces");

    private static ServedResource? Custom(ServedResource resource, ApiPath path, string verb)
    {
        var spansNamespaces = resource.Namespaced && !IsNamespaced(path);
        if ((spansNamespaces && verb is not ("list" or "watch")) || (!resource.Namespaced && IsNamespaced(path)))
        {
            return null;
        }
        if (path.Subresource.Length > 0)
        {
            return !(path.Subresource == "status" && resource.HasStatus) ? throw StatusResponses.NotFound(resource, path.Name)
                : verb is "get" or "update" or "patch" ? resource
                : throw StatusResponses.VerbNotAllowed(resource, verb);
        }
        return verb switch
        {
            "" => throw StatusResponses.VerbNotAllowed(resource, ""),
            "update" or "patch" when path.Name.Length == 0 => throw StatusResponses.BadRequest("name must be provided"),
            _ => resource,
        };
    }

    private static ServedResource BuiltIn(ServedResource resource, ApiPath path, string method, string verb)
    {
        var isObject = path.Name.Length > 0;
        var spansNamespaces = resource.Namespaced && !IsNamespaced(path);
        if ((spansNamespaces && isObject) || (!resource.Namespaced && IsNamespaced(path)))
        {
            throw StatusResponses.UnknownPath();
        }
        var verbs = resource.Verbs;
        if (path.Subresource.Length > 0)
        {
            verbs = path.Subresource == "status" && resource.HasStatus ? ["get", "update", "patch"]
                : resource.Subresources.TryGetValue(path.Subresource, out var subresource) ? subresource.Verbs
                : throw StatusResponses.UnknownPath();
        }
        else if ((isObject && verb == "create") || (!isObject && verb is "update" or "patch") || (spansNamespaces && verb is "create" or "deletecollection"))
        {
            throw StatusResponses.MethodNotAllowed();
        }
        return method != "HEAD" && verbs.Contains(verb) ? resource : throw StatusResponses.MethodNotAllowed();
    }
}
