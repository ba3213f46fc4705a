using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Data.Common;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>The API: finds the route of a request, asks whether the caller may, and answers.</summary>
public sealed class DriftApi
{
    private readonly ImmutableArray<Route> _routes;
    private readonly FrozenDictionary<(string Method, string Path), Route> _exact;
    private readonly byte[] _document;

    public DriftApi(WatchView view, params IEnumerable<Route> more)
    {
        var graph = new GraphEndpoints(view);
        // Templates with more text come first: {id} at an end would swallow them.
        _routes =
        [
            .. ServerRoutes.All.Concat(new DriftEndpoints(view).Routes).Concat(new EventEndpoints(view).Routes).Concat(new StatsEndpoints(view) { Graph = graph.Count }.Routes).Concat(graph.Routes)
                .Concat(new CorrelationEndpoints(view).Routes).Concat(new ProviderEndpoints(view).Routes).Concat(new DiscoveryEndpoints(view).Routes).Concat(new StateEndpoints(view).Routes).Concat(new SettingsEndpoints(view).Routes).Concat(new KeyEndpoints(view).Routes).Concat(more)
                .OrderByDescending(route => route.Segments.Length).ThenByDescending(route => route.Segments.Count(segment => segment != "{id}")),
        ];
        _exact = _routes.Where(route => !route.Template.Contains("{id}", StringComparison.Ordinal)).ToFrozenDictionary(route => (route.Method, route.Template));
        _document = OpenApiDocument.Render(_routes);
    }

    public ImmutableArray<Route> Routes => _routes;

    /// <summary>The OpenAPI document.</summary>
    public ReadOnlyMemory<byte> Document => _document;

    /// <summary>Finds who serves a request.</summary>
    /// <param name="method">HEAD is served wherever GET is.</param>
    /// <param name="path">Not decoded.</param>
    public RouteMatch Find(string method, string path)
    {
        var wanted = method == "HEAD" ? "GET" : method;
        if (_exact.TryGetValue((wanted, path), out var exact))
        {
            return new RouteMatch(exact, "", "");
        }

        var segments = path.Split('/');
        var others = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var route in _routes)
        {
            if (route.Matches(segments, out var id))
            {
                if (route.Method == wanted)
                {
                    return new RouteMatch(route, id, "");
                }

                others.Add(route.Method);
                if (route.Method == "GET")
                {
                    others.Add("HEAD");
                }
            }
        }

        return new RouteMatch(null, "", string.Join(", ", others));
    }

    /// <summary>Answers a request whose caller may ask it.</summary>
    public static async Task<ApiAnswer> AnswerAsync(RouteMatch match, ApiTarget target, Caller caller, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            var route = match.Route!;
            foreach (var name in target.Query.Keys)
            {
                if (!route.Query.Any(parameter => parameter.Name == name))
                {
                    throw ApiException.BadRequest($"{name}: unknown parameter; known here: {(route.Query.IsEmpty ? "none" : string.Join(", ", route.Query.Select(parameter => parameter.Name)))}");
                }
            }

            if (route.Body is null && !body.IsEmpty)
            {
                throw ApiException.BadRequest("no body is expected here");
            }

            return await route.Serve!(new ApiCall(caller, ApiTarget.Decode(match.Id), target.Query, body), cancellationToken);
        }
        catch (ApiException e)
        {
            return ApiAnswer.Error(e.Status, e.Message);
        }
        catch (DbException)
        {
            // The message may name hosts and paths; it is in the log of whoever writes to the store.
            return ApiAnswer.Error(503, "the store cannot be used; try again");
        }
    }
}

/// <summary>What became of looking for a route.</summary>
/// <param name="Route">Null when nobody serves this.</param>
/// <param name="Id">What <c>{id}</c> stands for, not decoded.</param>
/// <param name="Allowed">Methods that this path has, when the one that was asked is none of them; empty when the path has none.</param>
public readonly record struct RouteMatch(Route? Route, string Id, string Allowed);
