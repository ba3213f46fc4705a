using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Comptroller.Sandbox.Resources;

/// <summary>
/// The built-in kinds, and those of established CustomResourceDefinitions. Readers see one immutable snapshot at a time, so a request
/// never meets half of a change.
/// </summary>
internal sealed class ResourceCatalog : IResourceCatalog
{
    private readonly Lock _lock = new();
    private readonly ImmutableArray<ServedResource> _builtIn;
    private ImmutableList<(string Definition, ImmutableArray<ServedResource> Kinds)> _custom = [];
    private volatile Snapshot _snapshot;

    public ResourceCatalog(IEnumerable<ServedResource> builtIn)
    {
        _builtIn = [.. builtIn];
        _snapshot = new Snapshot(_builtIn);
    }

    public IReadOnlyList<ServedResource> All => _snapshot.All;

    public ServedResource? Find(string group, string version, string plural) =>
        _snapshot.ByName.TryGetValue((group, version, plural), out var found) ? found : null;

    /// <summary>The first served resource of a kind, as an owner reference names it; null when the kind is not served.</summary>
    public ServedResource? FindKind(string apiVersion, string kind) =>
        _snapshot.ByKind.TryGetValue((apiVersion, kind), out var found) ? found : null;

    /// <summary>Serves the kinds of a CustomResourceDefinition, in place of what it defined before.</summary>
    public void Publish(string definition, IEnumerable<ServedResource> kinds)
    {
        lock (_lock)
        {
            var index = _custom.FindIndex(entry => entry.Definition == definition);
            var entry = (definition, kinds.ToImmutableArray());
            _custom = index < 0 ? _custom.Add(entry) : _custom.SetItem(index, entry);
            Renew();
        }
    }

    /// <summary>Stops serving the kinds of a CustomResourceDefinition. Their stored objects are another matter.</summary>
    public void Withdraw(string definition)
    {
        lock (_lock)
        {
            _custom = _custom.RemoveAll(entry => entry.Definition == definition);
            Renew();
        }
    }

    private void Renew() => _snapshot = new Snapshot([.. _builtIn, .. _custom.SelectMany(entry => entry.Kinds)]);

    private sealed class Snapshot(ImmutableArray<ServedResource> all)
    {
        public IReadOnlyList<ServedResource> All { get; } = all;

        public FrozenDictionary<(string, string, string), ServedResource> ByName { get; } =
            all.ToFrozenDictionary(resource => (resource.Group, resource.Version, resource.Plural));

        public FrozenDictionary<(string, string), ServedResource> ByKind { get; } =
            all.DistinctBy(resource => (resource.ApiVersion, resource.Kind)).ToFrozenDictionary(resource => (resource.ApiVersion, resource.Kind));
    }
}
