using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State;

/// <summary>What a resource of a state goes by. Pure: the index is made of these names, and a hash that it finds is held against them.</summary>
internal static partial class ResourceNames
{
    // Types come from states, which are ours; somebody's endless list of them is not kept.
    private const int MostTypes = 10_000;

    // Every provider keeps an id; the others are for states that were written by hand or by tools.
    private static readonly string[] Identities = ["id", "arn", "name", "self_link", "instance_id", "db_instance_identifier", "vpc_id", "subnet_id", "group_id", "cluster_name", "replication_group_id"];

    private static readonly ConcurrentDictionary<string, TypeNames> Types = new(StringComparer.Ordinal);

    /// <summary>A name.</summary>
    /// <param name="Key">As it is looked up; see <see cref="StateIndex.Key"/>.</param>
    /// <param name="IsWeak">Whether others may be called so.</param>
    internal readonly record struct Entry(string Key, bool IsWeak);

    /// <summary>Its id, else ARN, else name; empty when it has none, and nothing could ever be asked about it.</summary>
    public static string Shown(JsonElement attributes)
    {
        foreach (var identity in Identities)
        {
            if (attributes.Text(identity) is { Length: > 0 } shown)
            {
                return shown;
            }
        }

        return "";
    }

    /// <summary>Every name, the strongest first; some twice.</summary>
    /// <param name="type">The Terraform type.</param>
    /// <param name="shown">See <see cref="Shown"/>.</param>
    /// <param name="attributes">As they are kept.</param>
    /// <param name="into">Gets them.</param>
    public static void Of(string type, string shown, JsonElement attributes, List<Entry> into)
    {
        var provider = ProviderNames.OfType(type);
        void Add(string name, bool isWeak)
        {
            if (name.Length > 0)
            {
                into.Add(new Entry(StateIndex.Key(name, provider), isWeak));
            }
        }

        var (arn, selfLink) = (attributes.Text("arn"), attributes.Text("self_link"));
        Add(shown, isWeak: false);
        Add(arn, isWeak: false);
        Add(selfLink.IndexOf("/projects/", StringComparison.Ordinal) is >= 0 and var at ? selfLink[(at + 1)..] : selfLink, isWeak: false);
        foreach (var template in OfType(type).InStates)
        {
            var isComposite = template.Contains('{', StringComparison.Ordinal);
            Add(isComposite ? Composite(attributes, template) : attributes.Text(template), isWeak: !isComposite);
        }

        // What has an ARN is often called by its last part, and what has a path by its last segment.
        Add(attributes.Text("name"), isWeak: true);
        if (provider == Provider.Aws && arn.Length > 0)
        {
            Add(arn[(arn.LastIndexOfAny(['/', ':']) + 1)..], isWeak: true);
        }
    }

    /// <summary>Whether a resource goes by a name. Hashes of two names can meet, and then the wrong resource would be judged.</summary>
    public static bool Has(StateResource resource, string key)
    {
        // Nearly every event names the id, which needs no reading.
        if (resource.HasId(key))
        {
            return true;
        }

        using var attributes = resource.ReadAttributes();
        var names = new List<Entry>(8);
        Of(resource.Type, resource.Id, attributes.RootElement, names);
        return names.Exists(name => name.Key == key);
    }

    // Guessing what a type is called makes a dozen texts, and half a million resources have a hundred types.
    private static TypeNames OfType(string type)
    {
        if (!Types.TryGetValue(type, out var names))
        {
            names = EventTables.Names(type);
            if (Types.Count < MostTypes)
            {
                Types.TryAdd(type, names);
            }
        }

        return names;
    }

    private static string Composite(JsonElement attributes, string template)
    {
        var text = Placeholder().Replace(template, match => attributes.Text(match.Groups["field"].Value) is { Length: > 0 } value
            ? value.StartsWith("arn:", StringComparison.Ordinal) && match.Groups["field"].Value == "cluster" ? value[(value.LastIndexOf('/') + 1)..] : value
            : "\0");
        return text.Contains('\0', StringComparison.Ordinal) ? "" : text;
    }

    [GeneratedRegex(@"\{(?<field>[^}]+)\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();
}
