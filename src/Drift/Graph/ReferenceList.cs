namespace Comptroller.Drift.Graph;

/// <summary>
/// What the resources of one state name. It is made while the state is read, when attributes are parsed anyway, and lives as long as that
/// reading of the state: a state that changes brings its own, those of the others stay. Kept are nine bytes for a reference and four for a
/// resource: the hash of the name and the number of the rule.
/// </summary>
internal sealed class ReferenceList
{
    private readonly List<ulong> _names = [];
    private readonly List<byte> _rules = [];
    private readonly List<int> _ends = [];

    public int Count => _names.Count;

    /// <summary>Adds a name that the resource has that is being read.</summary>
    public void Add(ulong name, byte rule)
    {
        _names.Add(name);
        _rules.Add(rule);
    }

    /// <summary>That resource has no more.</summary>
    public void EndResource() => _ends.Add(_names.Count);

    /// <summary>Gives back what was taken for more.</summary>
    public void Trim()
    {
        _names.TrimExcess();
        _rules.TrimExcess();
        _ends.TrimExcess();
    }

    /// <summary>Where the references of a resource are.</summary>
    public (int Start, int End) Of(int resource) => (resource == 0 ? 0 : _ends[resource - 1], _ends[resource]);

    public (ulong Name, byte Rule) At(int reference) => (_names[reference], _rules[reference]);
}
