using System.Text.Json;
using System.Text.RegularExpressions;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State;

/// <summary>Collects resources of one or several states.</summary>
public sealed partial class StateIndexBuilder
{
    // Every provider keeps an id; the others are for states that were written by hand or by tools.
    private static readonly string[] Identities = ["id", "arn", "name", "self_link", "instance_id", "db_instance_identifier", "vpc_id", "subnet_id", "group_id", "cluster_name", "replication_group_id"];

    private readonly List<StateResource> _resources = [];
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<Provider> _providers = [];

    /// <summary>A resource that goes by a name, and the next one that does.</summary>
    internal sealed record Entry(StateResource Resource, bool IsWeak, Entry? Next);

    public StateIndex Build() => new([.. _resources], new Dictionary<string, Entry>(_entries, StringComparer.Ordinal), [.. _providers]);

    internal void Add(string type, string name, string module, string indexKey, string source, byte[] attributes)
    {
        using var document = JsonDocument.Parse(attributes);
        var root = document.RootElement;
        var shown = Identities.Select(each => root.Text(each)).FirstOrDefault(text => text.Length > 0) ?? "";
        if (shown.Length == 0)
        {
            // Nothing could ever be asked about it.
            return;
        }

        Add(new StateResource
        {
            Type = Shared(type),
            Name = Shared(name),
            Module = Shared(module),
            IndexKey = indexKey,
            Id = shown,
            Source = Shared(source),
            Attributes = attributes,
        });
    }

    /// <summary>Adds a resource that was read before.</summary>
    internal void Add(StateResource resource)
    {
        using var document = resource.ReadAttributes();
        var root = document.RootElement;
        var (arn, selfLink) = (root.Text("arn"), root.Text("self_link"));
        var (type, shown) = (resource.Type, resource.Id);
        _resources.Add(resource);
        var provider = ProviderNames.OfType(type);
        if (provider is { } known)
        {
            _providers.Add(known);
        }

        Name(resource, provider, shown, isWeak: false);
        Name(resource, provider, arn, isWeak: false);
        Name(resource, provider, selfLink.IndexOf("/projects/", StringComparison.Ordinal) is >= 0 and var at ? selfLink[(at + 1)..] : selfLink, isWeak: false);
        foreach (var template in EventTables.Names(type).InStates)
        {
            var isComposite = template.Contains('{', StringComparison.Ordinal);
            var text = isComposite ? Composite(root, template) : root.Text(template);
            Name(resource, provider, text, isWeak: !isComposite);
        }

        // What has an ARN is often called by its last part, and what has a path by its last segment.
        Name(resource, provider, root.Text("name"), isWeak: true);
        if (provider == Provider.Aws && arn.Length > 0)
        {
            Name(resource, provider, arn[(arn.LastIndexOfAny(['/', ':']) + 1)..], isWeak: true);
        }
    }

    private static string Composite(JsonElement attributes, string template)
    {
        var text = Placeholder().Replace(template, match => attributes.Text(match.Groups["field"].Value) is { Length: > 0 } value
            ? value.StartsWith("arn:", StringComparison.Ordinal) && match.Groups["field"].Value == "cluster" ? value[(value.LastIndexOf('/') + 1)..] : value
            : "\0");
        return text.Contains('\0', StringComparison.Ordinal) ? "" : text;
    }

    private void Name(StateResource resource, Provider? provider, string name, bool isWeak)
    {
        if (name.Length == 0)
        {
            return;
        }

        var key = StateIndex.Key(name, provider);
        _entries.TryGetValue(key, out var first);
        if (ReferenceEquals(first?.Resource, resource))
        {
            return;
        }

        _entries[key] = new Entry(resource, isWeak, first);
    }

    // Fifty thousand resources have a few dozen types.
    private string Shared(string text)
    {
        if (!_names.TryGetValue(text, out var shared))
        {
            _names[text] = shared = text;
        }

        return shared;
    }

    [GeneratedRegex(@"\{(?<field>[^}]+)\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();
}
