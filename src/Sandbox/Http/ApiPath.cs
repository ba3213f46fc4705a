using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Http;

/// <summary>What the path of a request names.</summary>
/// <param name="Namespace">Empty at cluster scope.</param>
/// <param name="Name">Empty for a collection.</param>
/// <param name="Subresource">Empty for the object itself. Segments behind it are ignored, as the real server does for custom kinds.</param>
/// <param name="IsWatchPath">The deprecated <c>/watch/</c> prefix was used.</param>
internal sealed record ApiPath(string Group, string Version, string Resource, string Namespace, string Name, string Subresource, bool IsWatchPath)
{
    /// <summary>Null for a path that names no resource.</summary>
    public static ApiPath? Parse(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = segments switch
        {
            ["api", var v, .. var tail] => ("", v, tail),
            ["apis", var g, var v, .. var tail] => (g, v, tail),
            _ => ("", "", []),
        };
        var isWatch = rest is ["watch", ..];
        rest = isWatch ? rest[1..] : rest;
        return rest switch
        {
            [] => null,
            // A namespace's own subresources must not be taken for a collection inside it.
            ["namespaces", var name, "status" or "finalize", ..] when group.Length == 0 => new(group, version, "namespaces", name, name, rest[2], isWatch),
            ["namespaces", var name] when group.Length == 0 => new(group, version, "namespaces", name, name, "", isWatch),
            ["namespaces", _] => null,
            ["namespaces", var space, var resource, .. var tail] => Of(group, version, resource, space, tail, isWatch),
            [var resource, .. var tail] => Of(group, version, resource, "", tail, isWatch),
        };
    }

    /// <summary>The verb that authorization sees.</summary>
    public string VerbOf(string method, QueryOptions query) => method switch
    {
        "GET" or "HEAD" when IsWatchPath => "watch",
        "GET" or "HEAD" when Name.Length > 0 => "get",
        "GET" or "HEAD" => query.Flag("watch") ? "watch" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => Name.Length > 0 ? "delete" : "deletecollection",
        _ => "",
    };

    private static ApiPath Of(string group, string version, string resource, string space, string[] tail, bool isWatch) =>
        new(group, version, resource, space, tail.ElementAtOrDefault(0) ?? "", tail.ElementAtOrDefault(1) ?? "", isWatch);
}
