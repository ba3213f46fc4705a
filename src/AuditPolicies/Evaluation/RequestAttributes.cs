using System.Globalization;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>
/// From an HTTP method and a URL to what a policy sees of the request, as kube-apiserver's RequestInfoFactory
/// (k8s.io/apiserver/pkg/endpoints/request) derives it.
/// </summary>
public static class RequestAttributes
{
    private const string NameField = "metadata.name";

    /// <summary>The attributes of a request by <paramref name="user"/>, null for a failed authentication.</summary>
    /// <param name="method">HTTP method, upper case.</param>
    /// <param name="url">Path and query, such as <c>/api/v1/pods?watch=true</c>; scheme and host may stand before it.</param>
    /// <param name="user">The authenticated user.</param>
    /// <param name="groups">Their groups.</param>
    /// <exception cref="FormatException">The URL has no path, or is one that the API server refuses before it decides anything.</exception>
    public static AuditRequest Resolve(string method, string url, string? user, IReadOnlyList<string> groups)
    {
        var (path, query) = Split(url);
        var request = new AuditRequest { User = user, Groups = groups, Verb = method.ToLowerInvariant(), IsResourceRequest = false, Path = path };
        ReadOnlySpan<string> parts = path.Trim('/') is { Length: > 0 } trimmed ? trimmed.Split('/') : [];

        // /api/<version>/... and /apis/<group>/<version>/...; anything shorter is discovery.
        var isCore = parts is ["api", ..];
        if (!isCore && parts is not ["apis", ..] || parts.Length < (isCore ? 3 : 4))
        {
            return request;
        }

        var verb = ResourceVerb(method);
        request = request with { IsResourceRequest = true, ApiGroup = isCore ? "" : parts[1] };
        parts = parts[(isCore ? 2 : 3)..];
        if (parts[0] is "watch" or "proxy")
        {
            if (parts.Length < 2)
            {
                throw new FormatException($"{url}: names no resource behind /{parts[0]}");
            }

            verb = parts[0];
            parts = parts[1..];
        }

        if (parts is ["namespaces", var space, ..])
        {
            request = request with { Namespace = space };
            if (parts.Length > 2 && parts[2] is not ("status" or "finalize"))
            {
                parts = parts[2..];
            }
        }

        var name = parts.Length > 1 ? parts[1] : "";
        if (name.Length == 0 && verb == "get")
        {
            (verb, name) = ListOrWatch(query);
        }

        return request with
        {
            Verb = name.Length == 0 && verb == "delete" ? "deletecollection" : verb,
            Resource = parts[0],
            Name = name,
            Subresource = parts.Length > 2 && verb != "proxy" ? parts[2] : "",
        };
    }

    private static string ResourceVerb(string method) => method switch
    {
        "POST" => "create",
        "GET" or "HEAD" => "get",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    };

    private static (string Path, string Query) Split(string url)
    {
        // A path that starts with / is no absolute URL, whatever addresses its query carries.
        var start = !url.StartsWith('/') && url.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? url.IndexOf('/', scheme + 3) : 0;
        if (start < 0 || !url.AsSpan(start).StartsWith("/", StringComparison.Ordinal))
        {
            throw new FormatException($"{url}: a URL needs a path that starts with /");
        }

        var end = url.AsSpan(start).IndexOfAny('?', '#') is >= 0 and var length ? start + length : url.Length;
        var query = end < url.Length && url[end] == '?' ? url[(end + 1)..].Split('#')[0] : "";
        return (Uri.UnescapeDataString(url[start..end]), query);
    }

    // A collection can be narrowed to one object, which resourceNames then sees.
    private static (string Verb, string Name) ListOrWatch(string query)
    {
        string? watch = null, selector = null;
        var readable = true;
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals
                ? (Unescape(pair[..equals]), Unescape(pair[(equals + 1)..]))
                : (Unescape(pair), "");
            switch (key)
            {
                case "watch":
                    watch ??= value;
                    break;
                case "fieldSelector":
                    selector ??= value;
                    break;
                case "limit" or "timeoutSeconds":
                    // One option that cannot be read makes the API server ignore all of them but watch.
                    readable &= long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
                    break;
            }
        }

        var isWatch = watch is not null && watch.ToLowerInvariant() is not ("false" or "0");
        var name = readable && selector is not null ? NameOf(selector) : "";
        return (isWatch ? "watch" : "list", name is "." or ".." || name.AsSpan().IndexOfAny('/', '%') >= 0 ? "" : name);
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static string NameOf(string selector)
    {
        var name = "";
        foreach (var term in Terms(selector))
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                return "";
            }

            var isNot = equals > 0 && term[equals - 1] == '!';
            if (!isNot && name.Length == 0 && term[..equals] == NameField)
            {
                name = term[(equals + 1)..].TrimStart('=').Replace("\\,", ",", StringComparison.Ordinal).Replace("\\=", "=", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
            }
        }

        return name;
    }

    // At commas without a backslash before them.
    private static IEnumerable<string> Terms(string selector)
    {
        var start = 0;
        for (var i = 0; i <= selector.Length; i++)
        {
            if (i < selector.Length && selector[i] == '\\')
            {
                i++;
            }
            else if (i == selector.Length || selector[i] == ',')
            {
                if (i > start)
                {
                    yield return selector[start..i];
                }

                start = i + 1;
            }
        }
    }
}
