using System.Collections.Immutable;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>
/// What depends on what among the managed resources. It follows the states: what their resources name was noted when each state was read, so
/// that a state that changes is read once, the others not at all, and what is left to do here is to join numbers. Memory is twenty
/// bytes for a node and its place and twelve for an edge; nodes and pages of them are made when they are asked for.
/// Immutable, so that a page and the next are of one picture.
/// </summary>
public sealed class ResourceGraph
{
    /// <summary>Most nodes that one walk visits: what everything hangs on would answer with everything.</summary>
    public const int MostVisited = 10_000;

    private readonly StateResource[] _resources;
    private readonly GraphLink[] _out;
    private readonly int[] _outStarts;
    private readonly int[] _in;
    private readonly int[] _inStarts;

    private ResourceGraph(StateResource[] resources, GraphLink[] links)
    {
        _resources = resources;
        // By start for the way out, and numbers of those by end for the way in.
        _out = links;
        _outStarts = Starts(resources.Length, links, static link => link.Start);
        _inStarts = Starts(resources.Length, links, static link => link.End);
        _in = new int[links.Length];
        var next = _inStarts[..^1].ToArray();
        for (var number = 0; number < links.Length; number++)
        {
            _in[next[links[number].End]++] = number;
        }

        NodesByType = resources.CountBy(resource => resource.Type, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        EdgesByRelation = links.CountBy(link => link.Relation).ToDictionary(each => each.Key.Name(), each => each.Value, StringComparer.Ordinal);
    }

    public int NodeCount => _resources.Length;

    public int EdgeCount => _out.Length;

    /// <summary>How many nodes there are of each type.</summary>
    public IReadOnlyDictionary<string, int> NodesByType { get; }

    /// <summary>How many edges there are of each kind.</summary>
    public IReadOnlyDictionary<string, int> EdgesByRelation { get; }

    /// <summary>The graph of states.</summary>
    internal static ResourceGraph Of(ImmutableArray<StatePart> parts) => new([.. parts.SelectMany(part => part.Resources)], new ReferenceTable(parts).Links());

    /// <summary>Nodes in an order that holds as long as the states do.</summary>
    /// <param name="after">Number of the last node of the page before; -1 for the first page.</param>
    /// <param name="most">Length of the page.</param>
    public ImmutableArray<GraphNode> Nodes(int after, int most) => [.. Range(after, most, _resources.Length).Select(Node)];

    /// <summary>Edges in such an order.</summary>
    /// <param name="after">Number of the last edge of the page before; -1 for the first page.</param>
    /// <param name="most">Length of the page.</param>
    public ImmutableArray<GraphEdge> Edges(int after, int most) => [.. Range(after, most, _out.Length).Select(Edge)];

    /// <summary>A node by its id, by an address or by the id of a resource; null when there is none.</summary>
    public GraphNode? Find(string id)
    {
        var number = NumberOf(id);
        return number < 0 ? null : Node(number);
    }

    /// <summary>What a node depends on, or what depends on it, nearest first.</summary>
    /// <param name="id">The node.</param>
    /// <param name="upwards">What depends on it.</param>
    /// <param name="depth">How many steps.</param>
    public ImmutableArray<(GraphNode Node, int Distance)> Walk(string id, bool upwards, int depth)
    {
        var start = NumberOf(id);
        if (start < 0)
        {
            return [];
        }

        var distances = new Dictionary<int, int> { [start] = 0 };
        var queue = new Queue<int>([start]);
        var found = ImmutableArray.CreateBuilder<(GraphNode, int)>();
        while (queue.TryDequeue(out var at) && found.Count < MostVisited)
        {
            var distance = distances[at] + 1;
            foreach (var link in distance > depth ? [] : upwards ? In(at) : Out(at))
            {
                var next = upwards ? link.Start : link.End;
                if (distances.TryAdd(next, distance))
                {
                    found.Add((Node(next), distance));
                    queue.Enqueue(next);
                }
            }
        }

        return found.ToImmutable();
    }

    /// <summary>Edges of a node.</summary>
    /// <param name="id">The node.</param>
    /// <param name="outgoing">Those that start there.</param>
    /// <param name="incoming">Those that end there.</param>
    public ImmutableArray<GraphEdge> EdgesOf(string id, bool outgoing, bool incoming)
    {
        var number = NumberOf(id);
        return number < 0 ? [] :
        [
            .. (outgoing ? Enumerable.Range(_outStarts[number], _outStarts[number + 1] - _outStarts[number]) : []).Concat(incoming ? _in[_inStarts[number].._inStarts[number + 1]] : []).Take(MostVisited).Select(Edge),
        ];
    }

    /// <summary>The shortest way along edges in either direction; empty when there is none.</summary>
    public ImmutableArray<GraphNode> Path(string from, string to)
    {
        var (start, end) = (NumberOf(from), NumberOf(to));
        if (start < 0 || end < 0)
        {
            return [];
        }

        var before = new Dictionary<int, int> { [start] = -1 };
        var queue = new Queue<int>([start]);
        while (!before.ContainsKey(end) && queue.TryDequeue(out var at))
        {
            foreach (var next in Out(at).Select(link => link.End).Concat(In(at).Select(link => link.Start)))
            {
                if (before.TryAdd(next, at))
                {
                    queue.Enqueue(next);
                }
            }
        }

        var path = new List<GraphNode>();
        for (var at = before.ContainsKey(end) ? end : -1; at >= 0; at = before[at])
        {
            path.Add(Node(at));
        }

        path.Reverse();
        return [.. path];
    }

    /// <summary>Nodes that at least so many edges end at, the most first.</summary>
    public ImmutableArray<(GraphNode Node, int Dependents)> Critical(int least, int most) =>
        [.. Enumerable.Range(0, _resources.Length).Select(number => (Number: number, Count: _inStarts[number + 1] - _inStarts[number])).Where(each => each.Count >= least)
            .OrderByDescending(each => each.Count).ThenBy(each => each.Number).Take(most).Select(each => (Node(each.Number), each.Count))];

    private static IEnumerable<int> Range(int after, int most, int count)
    {
        var start = Math.Max(-1, after) + 1;
        return start >= count ? [] : Enumerable.Range(start, Math.Min(most, count - start));
    }

    private static int[] Starts(int nodes, GraphLink[] links, Func<GraphLink, int> of)
    {
        var starts = new int[nodes + 1];
        foreach (var link in links)
        {
            starts[of(link) + 1]++;
        }

        for (var node = 0; node < nodes; node++)
        {
            starts[node + 1] += starts[node];
        }

        return starts;
    }

    // An id is a number with the address behind it, so that finding it needs no table of addresses: n12-aws_vpc.main. The number tells two
    // states apart that have the same address; once a state has changed it may be another's, and the address alone is looked for.
    private int NumberOf(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        if (dash > 1 && id[0] == 'n' && int.TryParse(id.AsSpan(1, dash - 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            var address = id[(dash + 1)..];
            return number < _resources.Length && _resources[number].Address == address ? number : Array.FindIndex(_resources, resource => resource.Is(address));
        }

        return Array.FindIndex(_resources, resource => resource.Is(id));
    }

    private IEnumerable<GraphLink> Out(int node)
    {
        for (var at = _outStarts[node]; at < _outStarts[node + 1]; at++)
        {
            yield return _out[at];
        }
    }

    private IEnumerable<GraphLink> In(int node)
    {
        for (var at = _inStarts[node]; at < _inStarts[node + 1]; at++)
        {
            yield return _out[_in[at]];
        }
    }

    private GraphNode Node(int number)
    {
        var resource = _resources[number];
        return new GraphNode(number, $"n{number}-{resource.Address}", resource.Address, resource.Type, resource.Name, resource.Id, resource.Source);
    }

    private GraphEdge Edge(int number)
    {
        var link = _out[number];
        return new GraphEdge(number, $"n{link.Start}-{_resources[link.Start].Address}", $"n{link.End}-{_resources[link.End].Address}", link.Relation);
    }
}
