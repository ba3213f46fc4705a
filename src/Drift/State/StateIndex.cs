using System.Collections.Immutable;
using Comptroller.Drift.Events;
using Comptroller.Drift.Graph;

namespace Comptroller.Drift.State;

/// <summary>Every managed resource of the states, by type and by every name it goes by.</summary>
public sealed class StateIndex
{
    private readonly ImmutableArray<StatePart> _parts;
    private readonly Lazy<ResourceGraph> _graph;

    internal StateIndex(ImmutableArray<StatePart> parts)
    {
        _parts = parts;
        Count = parts.Sum(part => part.Resources.Length);
        _graph = new Lazy<ResourceGraph>(() => ResourceGraph.Of(parts));
    }

    /// <summary>How a type has to go with that of an event.</summary>
    private enum Kinship
    {
        Same,
        Parent,
        Any,
    }

    public static StateIndex Empty { get; } = new([]);

    /// <summary>How many resources there are.</summary>
    public int Count { get; }

    /// <summary>What hangs on what. Made with the first look, which a watch takes itself: a scan needs none.</summary>
    public ResourceGraph Graph => _graph.Value;

    /// <summary>Bytes that the resources take, without their names.</summary>
    internal long Length => _parts.Sum(part => part.Length);

    internal ImmutableArray<StatePart> Parts => _parts;

    public IEnumerable<StateResource> Resources => _parts.SelectMany(part => part.Resources);

    /// <summary>Several states as one.</summary>
    public static StateIndex Of(IEnumerable<StateIndex> states) => new([.. states.SelectMany(state => state._parts)]);

    /// <summary>Whether these states are about a provider at all. States without resources could be about any.</summary>
    public bool Covers(Provider provider)
    {
        foreach (var part in _parts)
        {
            if (part.Providers.Contains(provider))
            {
                return true;
            }
        }

        return Count == 0;
    }

    /// <summary>Every resource that has a name, whatever its type.</summary>
    public IEnumerable<StateResource> Named(string name, Provider? provider)
    {
        var key = Key(name, provider);
        var hash = NameTable.Hash(key);
        foreach (var part in _parts)
        {
            for (var at = -1; part.Names.Next(hash, ref at, out var number, out _);)
            {
                if (ResourceNames.Has(part.Resources[number], key))
                {
                    yield return part.Resources[number];
                }
            }
        }
    }

    /// <summary>
    /// The resource that an event is about: of its type by a name that is unique by nature, then by one that is unambiguous, then the
    /// resource that contains it, then one of another type with the very same address.
    /// </summary>
    public StateMatch Find(ChangeEvent change)
    {
        var match = Find(change, isWeak: false, Kinship.Same);
        match = match.Kind != MatchKind.None ? match : Find(change, isWeak: true, Kinship.Same);
        if (match.Kind != MatchKind.None)
        {
            return match;
        }

        match = Find(change, isWeak: false, Kinship.Parent);
        match = match.Kind != MatchKind.None ? match : Find(change, isWeak: true, Kinship.Parent);
        if (match.Kind != MatchKind.None)
        {
            return match with { Kind = match.Kind == MatchKind.Same ? MatchKind.Parent : match.Kind };
        }

        // An ARM id or an ARN is the same thing under whichever type it is kept (azurerm_virtual_machine, azurerm_linux_virtual_machine).
        return IsGlobal(change.Id) ? Find(change, isWeak: false, Kinship.Any) : StateMatch.None;
    }

    internal static string Key(string name, Provider? provider) => provider == Provider.Azure ? name.ToUpperInvariant() : name;

    private StateMatch Find(ChangeEvent change, bool isWeak, Kinship kinship)
    {
        foreach (var id in change.Ids)
        {
            StateResource? first = null;
            List<StateResource>? found = null;
            var key = Key(id, change.Provider);
            var hash = NameTable.Hash(key);
            foreach (var part in _parts)
            {
                for (var at = -1; part.Names.Next(hash, ref at, out var number, out var weak);)
                {
                    var resource = part.Resources[number];
                    if (weak != isWeak || !IsKin(resource.Type, change.Type, kinship) || Contradicts(change, resource) || !ResourceNames.Has(resource, key))
                    {
                        continue;
                    }

                    if (first is null)
                    {
                        first = resource;
                    }
                    else
                    {
                        (found ??= [first]).Add(resource);
                    }
                }
            }

            if (found is not null)
            {
                var here = found.FindAll(resource => IsIn(resource, change.Region) && IsIn(resource, change.Account));
                found = here.Count > 0 ? here : found;
                // One resource kept by two states is one resource; a short name that two have is nobody's.
                return found.Count == 1 || !isWeak ? new StateMatch(MatchKind.Same, found.MinBy(resource => resource.Type.Length)) : new StateMatch(MatchKind.Ambiguous, found[0]);
            }

            if (first is not null)
            {
                return new StateMatch(MatchKind.Same, first);
            }
        }

        return StateMatch.None;
    }

    private static bool IsKin(string type, string other, Kinship kinship) => kinship switch
    {
        Kinship.Same => type == other,
        Kinship.Parent => EventTables.IsParent(type, other),
        _ => true,
    };

    // Two machines called web in two zones are two machines: where both sides have a path, the path decides.
    private static bool Contradicts(ChangeEvent change, StateResource resource) => change.Provider switch
    {
        Provider.Gcp => change.Id.StartsWith("projects/", StringComparison.Ordinal) && resource.Id.StartsWith("projects/", StringComparison.Ordinal)
            && !SamePath(change.Id, resource.Id),
        Provider.Azure => change.Id.StartsWith('/') && resource.Id.StartsWith('/') && !change.Id.Equals(resource.Id, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    // Projects are written by id, by number or as _, and both sides choose freely.
    private static bool SamePath(string left, string right)
    {
        var (first, second) = (left.Split('/', 3), right.Split('/', 3));
        return first.Length == 3 && second.Length == 3 && first[2] == second[2] && (first[1] == second[1] || IsAnonymous(first[1]) || IsAnonymous(second[1]));

        static bool IsAnonymous(string project) => project is "_" or "-" || project.All(char.IsAsciiDigit);
    }

    private static bool IsGlobal(string id) => id.StartsWith("arn:", StringComparison.Ordinal) || id.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase)
        || id.StartsWith("projects/", StringComparison.Ordinal);

    private static bool IsIn(StateResource resource, string place)
    {
        if (place.Length == 0)
        {
            return true;
        }

        using var attributes = resource.ReadAttributes();
        var arn = attributes.RootElement.Text("arn");
        return arn.Length == 0 ? attributes.RootElement.Text("region") == place : arn.Contains($":{place}:", StringComparison.Ordinal);
    }
}

/// <summary>What an event is about.</summary>
/// <param name="Kind">How sure that is.</param>
/// <param name="Resource">The resource; null when there is none.</param>
public readonly record struct StateMatch(MatchKind Kind, StateResource? Resource)
{
    public static StateMatch None { get; } = new(MatchKind.None, null);
}

/// <summary>How an event and a resource belong together.</summary>
public enum MatchKind
{
    None,
    Same,

    /// <summary>The event is about a part that the state keeps inside this resource.</summary>
    Parent,

    /// <summary>Several resources have that name, and nothing tells them apart.</summary>
    Ambiguous,
}
