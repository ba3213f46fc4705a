using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.Graph;

namespace Comptroller.Drift.State;

/// <summary>Collects the resources of a state.</summary>
public sealed class StateIndexBuilder
{
    private readonly ImmutableArray<StateResource>.Builder _resources = ImmutableArray.CreateBuilder<StateResource>();
    private readonly ResourceBlocks _blocks = new();
    private readonly NameTable _names = new();
    private readonly ReferenceList _references = new();
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<Provider> _providers = [];
    private readonly List<ResourceNames.Entry> _found = [];

    /// <summary>The index; the builder is not used any more.</summary>
    public StateIndex Build()
    {
        _references.Trim();
        return new([new StatePart(_resources.DrainToImmutable(), _names, [.. _providers], _references)]);
    }

    internal void Add(string type, string name, string module, string indexKey, string source, ReadOnlyMemory<byte> attributes)
    {
        using var document = JsonDocument.Parse(attributes);
        var root = document.RootElement;
        var shown = ResourceNames.Shown(root);
        if (shown.Length == 0)
        {
            // Nothing could ever be asked about it.
            return;
        }

        var resource = _blocks.Add(Shared(type), name, Shared(module), indexKey, shown, Shared(source), attributes.Span);
        var number = _resources.Count;
        _resources.Add(resource);
        if (ProviderNames.OfType(type) is { } known)
        {
            _providers.Add(known);
        }

        _found.Clear();
        ResourceNames.Of(resource.Type, shown, root, _found);
        foreach (var found in _found)
        {
            _names.Add(found.Key, number, found.IsWeak);
        }

        GraphRules.Read(resource.Type, root, attributes.Span, _references);
        _references.EndResource();
    }

    // Fifty thousand resources have a few dozen types.
    private string Shared(string text)
    {
        if (!_texts.TryGetValue(text, out var shared))
        {
            _texts[text] = shared = text;
        }

        return shared;
    }
}
