using System.Collections.Immutable;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State;

/// <summary>Every managed resource of the states, by type and by every name it goes by.</summary>
public sealed class StateIndex
{
    private readonly Dictionary<string, StateIndexBuilder.Entry> _entries;
    private readonly ImmutableArray<Provider> _providers;

    internal StateIndex(ImmutableArray<StateResource> resources, Dictionary<string, StateIndexBuilder.Entry> entries, ImmutableArray<Provider> providers) =>
        (Resources, _entries, _providers) = (resources, entries, providers);

    public static StateIndex Empty { get; } = new StateIndexBuilder().Build();

    public ImmutableArray<StateResource> Resources { get; }

    /// <summary>Whether these states are about a provider at all. States without resources could be about any.</summary>
    public bool Covers(Provider provider) => Resources.IsEmpty || _providers.Contains(provider);

    /// <summary>Every resource that has a name, whatever its type.</summary>
    public IEnumerable<StateResource> Named(string name, Provider? provider)
    {
        for (var entry = _entries.GetValueOrDefault(Key(name, provider)); entry is not null; entry = entry.Next)
        {
            yield return entry.Resource;
        }
    }

    /// <summary>
    /// The resource that an event is about: of its type by a name that is unique by nature, then by one that is unambiguous, then the
    /// resource that contains it, then one of another type with the very same address.
    /// </summary>
    public StateMatch Find(ChangeEvent change)
    {
        foreach (var isWeak in (ReadOnlySpan<bool>)[false, true])
        {
            var match = Find(change, isWeak, type => type == change.Type);
            if (match.Kind != MatchKind.None)
            {
                return match;
            }
        }

        foreach (var isWeak in (ReadOnlySpan<bool>)[false, true])
        {
            var match = Find(change, isWeak, type => EventTables.IsParent(type, change.Type));
            if (match.Kind != MatchKind.None)
            {
                return match with { Kind = match.Kind == MatchKind.Same ? MatchKind.Parent : match.Kind };
            }
        }

        // An ARM id or an ARN is the same thing under whichever type it is kept (azurerm_virtual_machine, azurerm_linux_virtual_machine).
        return IsGlobal(change.Id) ? Find(change, isWeak: false, _ => true) : StateMatch.None;
    }

    internal static string Key(string name, Provider? provider) => provider == Provider.Azure ? name.ToUpperInvariant() : name;

    private StateMatch Find(ChangeEvent change, bool isWeak, Func<string, bool> isType)
    {
        foreach (var id in change.Ids)
        {
            var found = new List<StateResource>(1);
            for (var entry = _entries.GetValueOrDefault(Key(id, change.Provider)); entry is not null; entry = entry.Next)
            {
                if (entry.IsWeak == isWeak && isType(entry.Resource.Type) && !Contradicts(change, entry.Resource))
                {
                    found.Add(entry.Resource);
                }
            }

            if (found.Count > 1)
            {
                var here = found.FindAll(resource => IsIn(resource, change.Region) && IsIn(resource, change.Account));
                found = here.Count > 0 ? here : found;
            }

            if (found.Count > 0)
            {
                // One resource kept by two states is one resource; a short name that two have is nobody's.
                return found.Count == 1 || !isWeak
                    ? new StateMatch(MatchKind.Same, found.MinBy(resource => resource.Type.Length))
                    : new StateMatch(MatchKind.Ambiguous, found[0]);
            }
        }

        return StateMatch.None;
    }

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
