namespace Comptroller.Sandbox.Fields;

/// <summary>
/// A set of field paths as a tree. A node may be a member itself, have members below it, or both: <c>f:spec: {".": {}, "f:size": {}}</c>.
/// Never changed once built; operations share unchanged branches.
/// </summary>
internal sealed class FieldSet
{
    private readonly Dictionary<PathElement, FieldSet>? _below;

    private FieldSet(bool isMember, Dictionary<PathElement, FieldSet>? below)
    {
        IsMember = isMember;
        _below = below is { Count: > 0 } ? below : null;
    }

    public static FieldSet Empty { get; } = new(isMember: false, null);

    /// <summary>A member with nothing below it.</summary>
    public static FieldSet Leaf { get; } = new(isMember: true, null);

    public bool IsMember { get; }
    public bool IsEmpty => !IsMember && _below is null;
    public bool HasBelow => _below is not null;
    public IReadOnlyDictionary<PathElement, FieldSet> Below => _below ?? _noneBelow;

    private static readonly Dictionary<PathElement, FieldSet> _noneBelow = [];

    public FieldSet this[PathElement element] => _below is not null && _below.TryGetValue(element, out var below) ? below : Empty;

    public static FieldSet Of(bool isMember, Dictionary<PathElement, FieldSet>? below) =>
        below is { Count: > 0 } ? new FieldSet(isMember, below) : isMember ? Leaf : Empty;

    /// <summary>The set of exactly one path.</summary>
    public static FieldSet Path(params ReadOnlySpan<PathElement> path) =>
        path.IsEmpty ? Leaf : new FieldSet(isMember: false, new Dictionary<PathElement, FieldSet> { [path[0]] = Path(path[1..]) });

    public FieldSet AsMember() => IsMember ? this : Of(isMember: true, _below);

    public FieldSet Union(FieldSet other)
    {
        if (other.IsEmpty || ReferenceEquals(this, other))
        {
            return this;
        }
        if (IsEmpty)
        {
            return other;
        }
        if (other._below is null)
        {
            return AsMember();
        }
        if (_below is null)
        {
            return other.AsMember();
        }
        var below = new Dictionary<PathElement, FieldSet>(_below);
        foreach (var (element, set) in other._below)
        {
            below[element] = below.TryGetValue(element, out var own) ? own.Union(set) : set;
        }
        return Of(IsMember || other.IsMember, below);
    }

    public FieldSet Intersect(FieldSet other)
    {
        if (ReferenceEquals(this, other))
        {
            return this;
        }
        Dictionary<PathElement, FieldSet>? below = null;
        if (_below is not null && other._below is not null)
        {
            foreach (var (element, set) in _below)
            {
                if (other._below.TryGetValue(element, out var theirs) && set.Intersect(theirs) is { IsEmpty: false } common)
                {
                    (below ??= [])[element] = common;
                }
            }
        }
        return Of(IsMember && other.IsMember, below);
    }

    /// <summary>Without the members of <paramref name="other"/>; what lies below a removed member stays.</summary>
    public FieldSet Except(FieldSet other) => Except(other, recursive: false);

    /// <summary>Without the members of <paramref name="other"/> and all that lies below them.</summary>
    public FieldSet ExceptTrees(FieldSet other) => Except(other, recursive: true);

    private FieldSet Except(FieldSet other, bool recursive)
    {
        if (IsEmpty || other.IsEmpty)
        {
            return this;
        }
        if (recursive && other.IsMember)
        {
            return Empty;
        }
        if (_below is null || other._below is null)
        {
            return IsMember && other.IsMember ? Of(isMember: false, _below) : this;
        }
        var below = new Dictionary<PathElement, FieldSet>(_below.Count);
        var changed = IsMember && other.IsMember;
        foreach (var (element, set) in _below)
        {
            var rest = other._below.TryGetValue(element, out var theirs) ? set.Except(theirs, recursive) : set;
            changed |= !ReferenceEquals(rest, set);
            if (!rest.IsEmpty)
            {
                below[element] = rest;
            }
        }
        return changed ? Of(IsMember && !other.IsMember, below) : this;
    }

    public bool IsSubsetOf(FieldSet other)
    {
        if (IsMember && !other.IsMember)
        {
            return false;
        }
        foreach (var (element, set) in Below)
        {
            if (!set.IsSubsetOf(other[element]))
            {
                return false;
            }
        }
        return true;
    }

    public bool SetEquals(FieldSet other) => IsSubsetOf(other) && other.IsSubsetOf(this);

    /// <summary>The elements below, in the server's order.</summary>
    public IEnumerable<KeyValuePair<PathElement, FieldSet>> Sorted()
    {
        if (_below is null)
        {
            return [];
        }
        var elements = new KeyValuePair<PathElement, FieldSet>[_below.Count];
        ((ICollection<KeyValuePair<PathElement, FieldSet>>)_below).CopyTo(elements, 0);
        Array.Sort(elements, static (left, right) => PathElement.InOrder(left.Key, right.Key));
        return elements;
    }

    /// <summary>Every path, as messages write it (<c>.spec.parts[name="p"].weight</c>): the members of a level before those below it.</summary>
    public IEnumerable<string> Paths()
    {
        var found = new List<string>();
        Collect("", found);
        return found;
    }

    private void Collect(string prefix, List<string> found)
    {
        foreach (var (element, set) in Sorted())
        {
            if (set.IsMember)
            {
                found.Add(prefix + element);
            }
        }
        foreach (var (element, set) in Sorted())
        {
            set.Collect(prefix + element, found);
        }
    }
}
