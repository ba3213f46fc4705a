using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Discovery;

/// <summary>Answers what describes the API, from the catalog as it is at that moment.</summary>
internal sealed class ApiDiscovery(IResourceCatalog catalog) : IDiscovery
{
    private const string Json = "application/json";
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private const string OnlyAccepted = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

    private volatile Pages? _pages;

    public DiscoveryAnswer? Answer(DiscoveryRequest request)
    {
        var steps = request.Path.Contains("//", StringComparison.Ordinal) ? ["", ""] : request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return steps switch
        {
            [] => Plain(RootPaths()),
            ["version"] => GetOnly(request, () => Plain(ServerVersion.Document())),
            ["api"] => GetOnly(request, () => Roots(request, Current().CoreList, LegacyPages.Versions)),
            ["apis"] => Roots(request, Current().GroupList, () => LegacyPages.Groups(Current().Groups)),
            ["api", var version] => Kinds("", version),
            ["apis", var group] => Current().Groups.Find(known => known.Name == group) is { } found ? Plain(LegacyPages.Group(found)) : null,
            ["apis", var group, var version] => Kinds(group, version),
            ["openapi", "v3"] => OpenApiRoot(),
            ["openapi", "v3", .. var name] => OpenApiDocument(request, string.Join('/', name)),
            _ => null,
        };
    }

    private Pages Current()
    {
        var all = catalog.All;
        var pages = _pages;
        if (pages is null || !ReferenceEquals(pages.All, all))
        {
            _pages = pages = new Pages(all);
        }
        return pages;
    }

    private static DiscoveryAnswer GetOnly(DiscoveryRequest request, Func<DiscoveryAnswer> answer) =>
        request.Method == "GET" ? answer() : throw StatusResponses.MethodNotAllowed();

    private static DiscoveryAnswer Plain(JsonObject body) => new(200, Json, ServedObject.Encode(body), []);

    /// <summary>/api and /apis: everything at once for clients that ask for it, the list of groups for the others.</summary>
    private static DiscoveryAnswer Roots(DiscoveryRequest request, Lazy<Page> aggregated, Func<JsonObject> legacy)
    {
        foreach (var wanted in request.Accept.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = wanted.Split(';', StringSplitOptions.TrimEntries);
            var asks = parts.Any(part => part.StartsWith("as=", StringComparison.Ordinal));
            if (asks && parts.Contains("as=APIGroupDiscoveryList") && parts.Contains("v=v2") && parts.Contains("g=apidiscovery.k8s.io"))
            {
                return aggregated.Value.Answer(Aggregated, request.IfNoneMatch);
            }
            if (!asks && parts[0] is Json or "*/*" or "application/*")
            {
                return Plain(legacy());
            }
        }
        return request.Accept.Length == 0 ? Plain(legacy()) : throw StatusResponses.NotAcceptable(OnlyAccepted);
    }

    private DiscoveryAnswer? Kinds(string group, string version)
    {
        var kinds = Current().All.Where(resource => resource.Group == group && resource.Version == version).ToList();
        return kinds.Count == 0 ? null : Plain(LegacyPages.Resources(kinds));
    }

    private JsonObject RootPaths()
    {
        var paths = new SortedSet<string>(StringComparer.Ordinal) { "/api", "/api/v1", "/apis", "/apis/", "/healthz", "/livez", "/metrics", "/openapi/v3", "/openapi/v3/", "/readyz", "/version" };
        foreach (var group in Current().Groups)
        {
            paths.Add($"/apis/{group.Name}");
            paths.UnionWith(group.Versions.Select(version => $"/apis/{group.Name}/{version}"));
        }
        return new JsonObject { ["paths"] = new JsonArray([.. paths.Select(path => JsonValue.Create(path))]) };
    }

    private DiscoveryAnswer OpenApiRoot()
    {
        var paths = new JsonObject();
        foreach (var (name, page) in Current().Documents.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            paths[name] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{name}?hash={page.Value.Hash}" };
        }
        return new DiscoveryAnswer(200, "text/plain; charset=utf-8", ServedObject.Encode(new JsonObject { ["paths"] = paths }), []);
    }

    private DiscoveryAnswer OpenApiDocument(DiscoveryRequest request, string name)
    {
        if (!Current().Documents.TryGetValue(name, out var page))
        {
            return new DiscoveryAnswer(404, "", ReadOnlyMemory<byte>.Empty, []);
        }
        const string HashParameter = "hash=";
        var asked = request.Query.TrimStart('?').Split('&').FirstOrDefault(part => part.StartsWith(HashParameter, StringComparison.Ordinal))?[HashParameter.Length..];
        var answer = page.Value.Answer(Json, request.IfNoneMatch);
        return asked is null || asked == page.Value.Hash ? answer : answer with
        {
            // A client with an old root document is sent to the present one.
            Status = 301,
            Body = ReadOnlyMemory<byte>.Empty,
            Headers = [.. answer.Headers, new("Location", $"/openapi/v3/{name}?hash={page.Value.Hash}")],
        };
    }

    /// <summary>A document that clients may keep for as long as its ETag stays.</summary>
    private sealed class Page
    {
        private readonly byte[] _body;

        public Page(JsonObject body)
        {
            _body = ServedObject.Encode(body);
            Hash = Convert.ToHexString(SHA512.HashData(_body));
        }

        public string Hash { get; }

        public DiscoveryAnswer Answer(string contentType, string ifNoneMatch)
        {
            var etag = $"\"{Hash}\"";
            KeyValuePair<string, string>[] headers = [new("ETag", etag), new("Vary", "Accept")];
            return ifNoneMatch == etag ? new DiscoveryAnswer(304, "", ReadOnlyMemory<byte>.Empty, headers) : new DiscoveryAnswer(200, contentType, _body, headers);
        }
    }

    /// <summary>All pages for one state of the catalog. The large ones are made when first asked for.</summary>
    private sealed class Pages(IReadOnlyList<ServedResource> all)
    {
        public IReadOnlyList<ServedResource> All { get; } = all;

        public List<ApiGroup> Groups { get; } = ApiGroup.Of(all);

        public Lazy<Page> CoreList { get; } = new(() => new Page(AggregatedPages.Core(all)));

        public Lazy<Page> GroupList { get; } = new(() => new Page(AggregatedPages.Groups(ApiGroup.Of(all), all)));

        /// <summary>OpenAPI documents by the path below /openapi/v3.</summary>
        public Dictionary<string, Lazy<Page>> Documents { get; } = all.GroupBy(resource => (resource.Group, resource.Version))
            .Select(kinds => (Name: kinds.Key.Group.Length == 0 ? $"api/{kinds.Key.Version}" : $"apis/{kinds.Key.Group}/{kinds.Key.Version}",
                Page: new Lazy<Page>(() => new Page(OpenApi.OpenApiDocument.Of([.. kinds])))))
            .Append((Name: "version", Page: new Lazy<Page>(() => new Page(OpenApi.OpenApiDocument.OfVersion()))))
            .ToDictionary(document => document.Name, document => document.Page, StringComparer.Ordinal);
    }
}
