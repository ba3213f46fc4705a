using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Scanning;

/// <summary>The resources that a plan names, held against states. Several states may have one address; then the id tells which is meant.</summary>
internal sealed class PlannedResources(StateIndex state)
{
    private readonly ILookup<string, StateResource> _byAddress = state.Resources.ToLookup(resource => resource.Address, StringComparer.Ordinal);
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private readonly ImmutableHashSet<(string State, string Address)>.Builder _looked = ImmutableHashSet.CreateBuilder<(string, string)>();

    /// <summary>Those that were read from the cloud; null when the plan names none.</summary>
    public ImmutableHashSet<(string State, string Address)>? Looked => _looked.Count == 0 ? null : _looked.ToImmutable();

    /// <summary>Adds one that was read.</summary>
    public void Add(string address, string id)
    {
        if (id.Length > 0)
        {
            _ids[address] = id;
        }

        if (Find(address, id) is { } resource)
        {
            _looked.Add((resource.Source, address));
        }
    }

    /// <summary>Adds what a module of a plan file has, and its modules.</summary>
    public void AddValues(JsonElement module)
    {
        foreach (var resource in Items(module, "resources").Where(resource => resource.Text("mode") != "data"))
        {
            Add(resource.Text("address"), resource.Member("values").Text("id"));
        }

        foreach (var child in Items(module, "child_modules"))
        {
            AddValues(child);
        }
    }

    /// <summary>The resource of a state; null when no state has it.</summary>
    public StateResource? Find(string address, string id)
    {
        var known = id.Length > 0 ? id : _ids.GetValueOrDefault(address, "");
        return _byAddress[address].FirstOrDefault(resource => resource.Id == known) ?? _byAddress[address].FirstOrDefault();
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;
}
