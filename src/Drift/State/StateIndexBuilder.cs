using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State;

/// <summary>Collects the resources of a state.</summary>
public sealed partial class StateIndexBuilder
{
    // Every provider keeps an id; the others are for states that were written by hand or by tools.
    private static readonly string[] Identities = ["id", "arn", "name", "self_link", "instance_id", "db_instance_identifier", "vpc_id", "subnet_id", "group_id", "cluster_name", "replication_group_id"];

    private readonly ImmutableArray<StateResource>.Builder _resources = ImmutableArray.CreateBuilder<StateResource>();
    private readonly ResourceBlocks _blocks = new();
    private readonly NameTable _names = new();
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<Provider> _providers = [];

    /// <summary>The index; the builder is not used any more.</summary>
    public StateIndex Build() => new([new StatePart(_resources.DrainToImmutable(), _names, [.. _providers])]);

    internal void Add(string type, string name, string module, string indexKey, string source, ReadOnlyMemory<byte> attributes)
    {
        using var document = JsonDocument.Parse(attributes);
        var root = document.RootElement;
        var shown = "";
        foreach (var identity in Identities)
        {
            shown = root.Text(identity);
            if (shown.Length > 0)
            {
                break;
            }
        }

        if (shown.Length == 0)
        {
            // Nothing could ever be asked about it.
            return;
        }

        var resource = _blocks.Add(Shared(type), name, Shared(module), indexKey, shown, Shared(source), attributes.Span);
        var number = _resources.Count;
        _resources.Add(resource);
        var provider = ProviderNames.OfType(type);
        if (provider is { } known)
        {
            _providers.Add(known);
        }

        var (arn, selfLink) = (root.Text("arn"), root.Text("self_link"));
        Name(number, provider, shown, isWeak: false);
        Name(number, provider, arn, isWeak: false);
        Name(number, provider, selfLink.IndexOf("/projects/", StringComparison.Ordinal) is >= 0 and var at ? selfLink[(at + 1)..] : selfLink, isWeak: false);
        foreach (var template in EventTables.Names(resource.Type).InStates)
        {
            var isComposite = template.Contains('{', StringComparison.Ordinal);
            Name(number, provider, isComposite ? Composite(root, template) : root.Text(template), isWeak: !isComposite);
        }

        // What has an ARN is often called by its last part, and what has a path by its last segment.
        Name(number, provider, root.Text("name"), isWeak: true);
        if (provider == Provider.Aws && arn.Length > 0)
        {
            Name(number, provider, arn[(arn.LastIndexOfAny(['/', ':']) + 1)..], isWeak: true);
        }
    }

    private static string Composite(JsonElement attributes, string template)
    {
        var text = Placeholder().Replace(template, match => attributes.Text(match.Groups["field"].Value) is { Length: > 0 } value
            ? value.StartsWith("arn:", StringComparison.Ordinal) && match.Groups["field"].Value == "cluster" ? value[(value.LastIndexOf('/') + 1)..] : value
            : "\0");
        return text.Contains('\0', StringComparison.Ordinal) ? "" : text;
    }

    private void Name(int resource, Provider? provider, string name, bool isWeak)
    {
        if (name.Length > 0)
        {
            _names.Add(StateIndex.Key(name, provider), resource, isWeak);
        }
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

    [GeneratedRegex(@"\{(?<field>[^}]+)\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();
}
