using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Events;
using Comptroller.Drift.Graph;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Api;

/// <summary>What depends on what. The graph comes with the states; which of its nodes have drifted is asked of the store for those that are shown, so that a mark is never older than its drift.</summary>
internal sealed class GraphEndpoints(WatchView view)
{
    private const int MostDepth = 10;
    private const int MostWhole = 5000;
    private const int MostMatches = 1000;

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/graph", Scopes.Read, $"The first {MostWhole} nodes and the edges between them, as Cytoscape takes them", WholeAsync) { Data = "Graph" },
        new("GET", "/api/v1/graph/nodes", Scopes.Read, "Resources", NodesAsync) { Query = DriftEndpoints.PageParameters, Data = "NodePage" },
        new("GET", "/api/v1/graph/edges", Scopes.Read, "How they are connected", (call, _) => Task.FromResult(Edges(call))) { Query = DriftEndpoints.PageParameters, Data = "EdgePage" },
        new("GET", "/api/v1/graph/stats", Scopes.Read, "How many of what", (_, _) => Task.FromResult(Stats())) { Data = "GraphStats" },
        new("GET", "/api/v1/graph/critical", Scopes.Read, "What most depends on", CriticalAsync) { Query = [new("min", "integer", "The least number of edges that end there, 3 without"), DriftEndpoints.PageParameters[1]], Data = "CriticalNodes" },
        new("GET", "/api/v1/graph/path", Scopes.Read, "The shortest way between two resources", PathAsync) { Query = [new("from", "string", "An id or address"), new("to", "string", "An id or address")], Data = "GraphPath" },
        new("GET", "/api/v1/graph/nodes/{id}", Scopes.Read, "One resource", NodeAsync) { Data = "GraphNode" },
        new("GET", "/api/v1/graph/impact/{id}", Scopes.Read, "What a change of it may reach", ImpactAsync) { Query = [Depth(3)], Data = "GraphImpact" },
        new("GET", "/api/v1/graph/dependencies/{id}", Scopes.Read, "What it depends on", (call, stop) => WalkAsync(call, "dependencies", upwards: false, stop)) { Query = [Depth(5)], Data = "Dependencies" },
        new("GET", "/api/v1/graph/dependents/{id}", Scopes.Read, "What depends on it", (call, stop) => WalkAsync(call, "dependents", upwards: true, stop)) { Query = [Depth(5)], Data = "Dependents" },
        new("GET", "/api/v1/graph/neighbors/{id}", Scopes.Read, "What is connected to it", NeighboursAsync) { Data = "Neighbours" },
        new("GET", "/api/v1/graph/relationships/{id}", Scopes.Read, "Its edges", (call, _) => Task.FromResult(Relationships(call)))
        {
            Query = [new("direction", "string", "Which; both without") { Values = ["outgoing", "incoming", "both"] }], Data = "Relationships",
        },
        new("POST", "/api/v1/graph/match", Scopes.Read, "Pairs of resources with an edge of a kind between them", MatchAsync) { Body = "GraphPattern", Data = "GraphMatches" },
    ];

    /// <summary>Nodes and edges.</summary>
    public (long Nodes, long Edges) Count()
    {
        var graph = Graph();
        return (graph.NodeCount, graph.EdgeCount);
    }

    private static Parameter Depth(int fallback) => new("depth", "integer", $"Steps, 1 to {MostDepth}, {fallback} without");

    private ResourceGraph Graph() => view.State().Graph;

    private static GraphNode Known(ResourceGraph graph, string id) => graph.Find(id) ?? throw ApiException.NotFound("Node not found");

    private async Task<ApiAnswer> WholeAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var graph = Graph();
        var nodes = await DriftedAsync(graph.Nodes(-1, MostWhole), cancellationToken);
        var shown = nodes.Select(node => node.Node.Id).ToHashSet(StringComparer.Ordinal);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("nodes");
            foreach (var (node, hasDrift) in nodes)
            {
                json.WriteStartObject();
                json.WriteStartObject("data");
                json.WriteString("id", node.Id);
                json.WriteString("label", node.Address);
                json.WriteString("type", hasDrift ? "terraform_resource_drifted" : "terraform_resource");
                json.WriteString("resource_type", node.Type);
                json.WriteString("resource_name", node.Name);
                json.WriteString("severity", hasDrift ? "high" : "low");
                json.WriteStartObject("metadata");
                json.WriteString("address", node.Address);
                json.WriteString("provider", ProviderNames.OfType(node.Type)?.Name() ?? "other");
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("edges");
            foreach (var edge in graph.Edges(-1, 4 * MostWhole).Where(edge => shown.Contains(edge.Start) && shown.Contains(edge.End)))
            {
                json.WriteStartObject();
                json.WriteStartObject("data");
                json.WriteString("id", edge.Id);
                json.WriteString("source", edge.Start);
                json.WriteString("target", edge.End);
                json.WriteString("label", edge.Relation.Name());
                json.WriteString("type", "terraform");
                json.WriteString("relationship", edge.Relation.Name());
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteBoolean("truncated", graph.NodeCount > MostWhole);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> NodesAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var graph = Graph();
        var start = Paging.Start(call, graph.NodeCount);
        var nodes = await DriftedAsync(graph.Nodes(start - 1, call.Limit), cancellationToken);
        return ApiAnswer.Of(json => Paging.Write(json, call, nodes, Write, graph.NodeCount, start + nodes.Count < graph.NodeCount ? start + nodes.Count : null));
    }

    private ApiAnswer Edges(ApiCall call)
    {
        var graph = Graph();
        var start = Paging.Start(call, graph.EdgeCount);
        var edges = graph.Edges(start - 1, call.Limit);
        return ApiAnswer.Of(json => Paging.Write(json, call, edges, Write, graph.EdgeCount, start + edges.Length < graph.EdgeCount ? start + edges.Length : null));
    }

    private async Task<ApiAnswer> NodeAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var nodes = await DriftedAsync([Known(Graph(), call.Id)], cancellationToken);
        return ApiAnswer.Of(json => Write(json, nodes[0]));
    }

    private ApiAnswer Stats()
    {
        var graph = Graph();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("node_count", graph.NodeCount);
            json.WriteNumber("relationship_count", graph.EdgeCount);
            WriteCounts(json, "nodes_by_label", GraphPattern.CountLabels(graph.NodesByType));
            WriteCounts(json, "relationships_by_type", graph.EdgesByRelation);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> CriticalAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var least = call.Number("min", 3, int.MaxValue);
        var critical = Graph().Critical(least, call.Limit);
        var nodes = await DriftedAsync([.. critical.Select(each => each.Node)], cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("min_dependents", least);
            json.WriteNumber("count", nodes.Count);
            WriteNodes(json, "critical_nodes", nodes);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> PathAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var (from, to) = (call.Text("from"), call.Text("to"));
        if (from is null || to is null)
        {
            throw ApiException.BadRequest("from and to are required");
        }

        var graph = Graph();
        var (start, end) = (Known(graph, from), Known(graph, to));
        var path = await DriftedAsync(graph.Path(start.Id, end.Id), cancellationToken);
        if (path.Count == 0)
        {
            throw ApiException.NotFound("no path between the two");
        }

        var relations = path.Zip(path.Skip(1)).Select(step => graph.EdgesOf(step.First.Node.Id, outgoing: true, incoming: true).First(edge => edge.Start == step.Second.Node.Id || edge.End == step.Second.Node.Id)).ToList();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("from", from);
            json.WriteString("to", to);
            json.WriteStartObject("path");
            WriteNodes(json, "nodes", path);
            WriteEdges(json, "relationships", relations);
            json.WriteNumber("length", relations.Count);
            json.WriteEndObject();
            json.WriteNumber("length", relations.Count);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> ImpactAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var graph = Graph();
        var depth = call.Number("depth", 3, MostDepth);
        var reached = graph.Walk(Known(graph, call.Id).Id, upwards: true, depth);
        var nodes = await DriftedAsync([.. reached.Select(each => each.Node)], cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("node_id", call.Id);
            json.WriteNumber("depth", depth);
            json.WriteNumber("affected_count", nodes.Count);
            WriteNodes(json, "nodes", nodes);
            json.WriteStartObject("distances");
            foreach (var (node, distance) in reached)
            {
                json.WriteNumber(node.Id, distance);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> WalkAsync(ApiCall call, string name, bool upwards, CancellationToken cancellationToken)
    {
        var graph = Graph();
        var depth = call.Number("depth", 5, MostDepth);
        var nodes = await DriftedAsync([.. graph.Walk(Known(graph, call.Id).Id, upwards, depth).Select(each => each.Node)], cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("node_id", call.Id);
            json.WriteNumber("depth", depth);
            json.WriteNumber("count", nodes.Count);
            WriteNodes(json, name, nodes);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> NeighboursAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var graph = Graph();
        var id = Known(graph, call.Id).Id;
        var others = graph.EdgesOf(id, outgoing: true, incoming: true).Select(edge => edge.Start == id ? edge.End : edge.Start).Distinct(StringComparer.Ordinal).Select(other => graph.Find(other)!);
        var nodes = await DriftedAsync([.. others], cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("node_id", call.Id);
            json.WriteNumber("count", nodes.Count);
            WriteNodes(json, "neighbors", nodes);
            json.WriteEndObject();
        });
    }

    private ApiAnswer Relationships(ApiCall call)
    {
        var direction = call.Text("direction") ?? "both";
        if (direction is not ("outgoing" or "incoming" or "both"))
        {
            throw ApiException.BadRequest($"direction: \"{direction}\" is none of outgoing, incoming, both");
        }

        var graph = Graph();
        var edges = graph.EdgesOf(Known(graph, call.Id).Id, direction != "incoming", direction != "outgoing");
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("node_id", call.Id);
            json.WriteString("direction", direction);
            json.WriteNumber("count", edges.Length);
            WriteEdges(json, "relationships", edges);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> MatchAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var pattern = GraphPattern.Of(call.Object(isNeeded: true, "start_labels", "rel_type", "end_labels", "end_filter"));
        var graph = Graph();
        var pairs = new List<GraphNode>();
        const int Page = 10_000;
        for (var after = -1; pairs.Count < 2 * MostMatches;)
        {
            var edges = graph.Edges(after, Page);
            foreach (var edge in edges)
            {
                if (pairs.Count < 2 * MostMatches && pattern.IsRelation(edge.Relation) && graph.Find(edge.Start) is { } start && pattern.IsStart(start) && graph.Find(edge.End) is { } end && pattern.IsEnd(end))
                {
                    pairs.AddRange([start, end]);
                }
            }

            if (edges.Length < Page)
            {
                break;
            }

            after = edges[^1].Number;
        }

        var nodes = await DriftedAsync([.. pairs], cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("pattern");
            pattern.Write(json);
            json.WriteNumber("count", nodes.Count / 2);
            json.WriteStartArray("matches");
            foreach (var pair in nodes.Chunk(2))
            {
                json.WriteStartArray();
                Write(json, pair[0]);
                Write(json, pair[1]);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task<List<(GraphNode Node, bool HasDrift)>> DriftedAsync(ImmutableArray<GraphNode> nodes, CancellationToken cancellationToken)
    {
        var counts = await view.Store.CountsAsync(cancellationToken);
        var types = counts.Where(count => count.Count > 0 && DriftStatuses.Standing.Contains(count.Status)).Select(count => count.Type).ToHashSet(StringComparer.Ordinal);
        // Most types have no drift at all, and most answers are found without the store.
        var asked = nodes.Where(node => types.Contains(node.Type)).Select(node => node.ResourceId).ToList();
        var drifted = asked.Count == 0 ? null : await view.Store.DriftedAsync(asked, cancellationToken);
        return [.. nodes.Select(node => (node, drifted?.Contains((node.ResourceId, node.Type)) == true))];
    }

    private static void Write(Utf8JsonWriter json, (GraphNode Node, bool HasDrift) each)
    {
        var node = each.Node;
        json.WriteStartObject();
        json.WriteString("id", node.Id);
        json.WriteStartArray("labels");
        foreach (var label in GraphPattern.Labels(node.Type))
        {
            json.WriteStringValue(label);
        }

        if (each.HasDrift)
        {
            json.WriteStringValue("Drifted");
        }

        json.WriteEndArray();
        json.WriteStartObject("properties");
        json.WriteString("id", node.ResourceId);
        json.WriteString("type", node.Type);
        json.WriteString("name", node.Name);
        json.WriteString("address", node.Address);
        json.WriteString("state", node.State);
        json.WriteString("mode", "managed");
        json.WriteBoolean("has_drift", each.HasDrift);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, GraphEdge edge)
    {
        json.WriteStartObject();
        json.WriteString("id", edge.Id);
        json.WriteString("type", edge.Relation.Name());
        json.WriteString("start_node", edge.Start);
        json.WriteString("end_node", edge.End);
        json.WriteStartObject("properties");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter json, string name, IEnumerable<(GraphNode, bool)> nodes)
    {
        json.WriteStartArray(name);
        foreach (var node in nodes)
        {
            Write(json, node);
        }

        json.WriteEndArray();
    }

    private static void WriteEdges(Utf8JsonWriter json, string name, IEnumerable<GraphEdge> edges)
    {
        json.WriteStartArray(name);
        foreach (var edge in edges)
        {
            Write(json, edge);
        }

        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, int> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, count) in counts.OrderByDescending(each => each.Value).ThenBy(each => each.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(key, count);
        }

        json.WriteEndObject();
    }
}
