using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>
/// Whom a reference means, by the names that the states are searched by anyway: a resource of the same state, else one of another.
/// Names are told apart by the 64 bits that are kept of them; of ten million graphs one has an edge too many.
/// </summary>
internal sealed class ReferenceTable
{
    private const int Nobody = -1;

    // Several go by a mere name, and nothing tells which is meant.
    private const int Ambiguous = -2;

    private readonly ImmutableArray<StatePart> _parts;
    private readonly int[] _firsts;
    private readonly Dictionary<(ulong Name, byte Rule), int> _elsewhere = [];

    public ReferenceTable(ImmutableArray<StatePart> parts)
    {
        _parts = parts;
        _firsts = new int[parts.Length];
        for (var part = 1; part < parts.Length; part++)
        {
            _firsts[part] = _firsts[part - 1] + parts[part - 1].Resources.Length;
        }
    }

    /// <summary>Every edge, once.</summary>
    public GraphLink[] Links()
    {
        var packed = new List<ulong>(_parts.Sum(part => part.References.Count));
        for (var part = 0; part < _parts.Length; part++)
        {
            AddLinks(part, packed);
        }

        // Plain numbers, because they are sorted ten times as fast as anything with a comparer.
        var links = CollectionsMarshal.AsSpan(packed);
        links.Sort();
        var count = 0;
        foreach (var link in links)
        {
            if (count == 0 || links[count - 1] != link)
            {
                links[count++] = link;
            }
        }

        return MemoryMarshal.Cast<ulong, GraphLink>(links[..count]).ToArray();
    }

    private void AddLinks(int part, List<ulong> links)
    {
        var references = _parts[part].References;
        for (var resource = 0; resource < _parts[part].Resources.Length; resource++)
        {
            var number = _firsts[part] + resource;
            for (var (at, end) = references.Of(resource); at < end; at++)
            {
                var (name, rule) = references.At(at);
                if (Find(part, name, rule) is >= 0 and var other && other != number)
                {
                    var (relation, isReversed) = (GraphRules.At(rule).Relation, GraphRules.At(rule).IsReversed);
                    links.Add((isReversed ? new GraphLink(other, number, relation) : new GraphLink(number, other, relation)).Packed);
                }
            }
        }
    }

    // Many resources name the same few networks of another state, or of none.
    private int Find(int part, ulong name, byte rule)
    {
        var types = GraphRules.At(rule).Types;
        var own = FindIn(part, name, types, out _);
        if (own != Nobody)
        {
            return own;
        }

        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_elsewhere, (name, rule), out var isKnown);
        return isKnown ? known : known = FindAnywhere(name, types);
    }

    private int FindAnywhere(ulong name, string[] types)
    {
        var found = Nobody;
        for (var part = 0; part < _parts.Length; part++)
        {
            var other = FindIn(part, name, types, out var isWeak);
            if (other >= 0 && !isWeak)
            {
                return other;
            }

            found = other == Nobody ? found : found == Nobody ? other : Ambiguous;
        }

        return found;
    }

    private int FindIn(int part, ulong name, string[] types, out bool isWeak)
    {
        var found = Nobody;
        for (var at = -1; _parts[part].Names.Next(name, ref at, out var resource, out isWeak);)
        {
            if (!types.Contains(_parts[part].Resources[resource].Type))
            {
                continue;
            }

            if (!isWeak)
            {
                // One that a state has a thousand times under one id is one; looking for the rest a thousand times would take seconds.
                return _firsts[part] + resource;
            }

            found = found == Nobody ? _firsts[part] + resource : Ambiguous;
        }

        isWeak = true;
        return found;
    }
}
