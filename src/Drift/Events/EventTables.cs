using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>What calls mean, read from the files beside this one. They are data: a new service is a line there.</summary>
public static class EventTables
{
    private static readonly FrozenDictionary<string, AwsCallRule> AwsCalls = Lines("aws-events.txt").Select(AwsCallRule.Parse).ToFrozenDictionary(rule => rule.Key);
    private static readonly FrozenSet<string> ByService = AwsCalls.Keys.Where(key => key.Contains('@', StringComparison.Ordinal)).Select(key => key[..key.IndexOf('@', StringComparison.Ordinal)]).ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, string> GcpMethods = Pairs("gcp-events.txt", StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, string> AzureOperations = Pairs("azure-events.txt", StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenDictionary<string, ImmutableArray<AttributeRule>> AwsAttributes = Lines("aws-attributes.txt").Select(AttributeRule.Parse)
        .GroupBy(rule => rule.Event).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
    private static readonly ImmutableArray<AttributeRule> GcpRules = [.. Lines("gcp-attributes.txt").Select(AttributeRule.Parse)];
    private static readonly FrozenDictionary<string, TypeNames> Types = Lines("aws-types.txt").Select(TypeNames.Parse).ToFrozenDictionary(names => names.Type);
    private static readonly FrozenDictionary<string, string> ParentTypes = Lines("aws-parents.txt").Select(line => line.Split(' '))
        .ToFrozenDictionary(pair => pair[1], pair => pair[0]);

    /// <summary>Names of calls that only read, where no table knows the call.</summary>
    private static readonly string[] ReadPrefixes = ["Describe", "List", "Get", "BatchGet", "Lookup", "Search", "Head", "Query", "Scan"];

    /// <summary>How many calls are known, by provider.</summary>
    public static int Count(Provider provider) => provider switch
    {
        Provider.Aws => AwsCalls.Count,
        Provider.Gcp => GcpMethods.Count,
        _ => AzureOperations.Count,
    };

    /// <summary>The calls that are known, by provider.</summary>
    public static IEnumerable<string> Calls(Provider provider) => (provider switch
    {
        Provider.Aws => AwsCalls.Keys.Select(key => key.Split('@')[0]),
        Provider.Gcp => GcpMethods.Keys,
        _ => AzureOperations.Keys,
    }).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The Terraform types that those calls change.</summary>
    public static IEnumerable<string> TypesOf(Provider provider) => (provider switch
    {
        Provider.Aws => AwsCalls.Values.Select(rule => rule.Type),
        Provider.Gcp => GcpMethods.Values,
        _ => AzureOperations.Values,
    }).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    internal static bool Reads(string name) => Array.Exists(ReadPrefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The rule of a call of AWS: the one of its service, else the general one. A service that is named and known for something else has none.</summary>
    internal static AwsCallRule? AwsCall(string name, string source)
    {
        var dot = source.IndexOf('.', StringComparison.Ordinal);
        var service = dot < 0 ? source : source[..dot];
        return (service.Length > 0 && ByService.Contains(name) ? AwsCalls.GetValueOrDefault($"{name}@{service}") : null) ?? AwsCalls.GetValueOrDefault(name)
            ?? (service.Length == 0 && ByService.Contains(name) ? AwsCalls.GetValueOrDefault($"{name}@iam") : null);
    }

    internal static string? GcpType(string method) => GcpMethods.GetValueOrDefault(method);

    internal static string? AzureType(string operation) => AzureOperations.GetValueOrDefault(operation);

    internal static ImmutableArray<AttributeRule> AwsChanges(string name) => AwsAttributes.GetValueOrDefault(name, []);

    internal static IEnumerable<AttributeRule> GcpChanges(string method) => GcpRules.Where(rule => method.EndsWith(rule.Event, StringComparison.Ordinal));

    internal static TypeNames Names(string type) => Types.GetValueOrDefault(type) ?? TypeNames.Guess(type);

    /// <summary>Whether a change of one type is a change to a resource of another that contains it.</summary>
    internal static bool IsParent(string parent, string type) =>
        (type.Length > parent.Length && type[parent.Length] == '_' && type.StartsWith(parent, StringComparison.Ordinal)) || ParentTypes.GetValueOrDefault(type) == parent;

    internal static IEnumerable<string> Lines(string resource)
    {
        using var stream = typeof(EventTables).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && line[0] != '#')];
    }

    private static FrozenDictionary<string, string> Pairs(string resource, StringComparer comparer) =>
        Lines(resource).Select(line => line.Split(' ')).ToFrozenDictionary(pair => pair[0], pair => pair[1], comparer);
}

/// <summary>What a call of AWS changes.</summary>
/// <param name="Key">Its name, with <c>@service</c> where that matters.</param>
/// <param name="Type">The Terraform type.</param>
/// <param name="IdFields">Where the id is, best first; empty when the type's own names count.</param>
internal sealed record AwsCallRule(string Key, string Type, ImmutableArray<string> IdFields)
{
    /// <summary>What a call of this name does to what it names.</summary>
    public ChangeAction Action { get; } = AwsEvents.ActionOf(Key.Contains('@', StringComparison.Ordinal) ? Key[..Key.IndexOf('@', StringComparison.Ordinal)] : Key, Type);

    /// <summary>Everywhere an id may be, best first: the fields of this call, then what the type goes by in requests and in answers.</summary>
    public ImmutableArray<string> Candidates => field.IsDefault ? field = All() : field;

    private ImmutableArray<string> All()
    {
        var names = EventTables.Names(Type).InEvents;
        return [.. IdFields, .. names, .. names.Select(name => name.Contains('{', StringComparison.Ordinal) || name[0] == '=' ? name : "<" + name)];
    }

    public static AwsCallRule Parse(string line)
    {
        var parts = line.Split(' ');
        return new AwsCallRule(parts[0], parts[1], [.. parts[2..]]);
    }
}

/// <summary>A value that a call sets.</summary>
/// <param name="Event">The call, or the end of its name.</param>
/// <param name="Fields">Where the value is, best first.</param>
/// <param name="Name">How the change is called.</param>
/// <param name="Attribute">The Terraform attribute; null when there is none.</param>
/// <param name="Reading">How the value is read.</param>
internal sealed record AttributeRule(string Event, ImmutableArray<string> Fields, string Name, string? Attribute, string Reading)
{
    private static readonly JsonElement Yes = JsonElement.Parse("true");
    private static readonly JsonElement No = JsonElement.Parse("false");

    /// <summary>The change; null when the call does not have the value.</summary>
    /// <param name="find">Reads a field.</param>
    /// <param name="request">The whole request.</param>
    public Change? Read(Func<string, JsonElement> find, JsonElement request)
    {
        switch (Reading)
        {
            case "null":
                return new Change(Name, Attribute, default);
            case "true" or "false":
                return new Change(Name, Attribute, Reading == "true" ? Yes : No);
            case "whole":
                return request.ValueKind == JsonValueKind.Undefined ? null : new Change(Name, Attribute, request, ValueShape.Json);
        }

        foreach (var field in Fields)
        {
            if (find(field) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value)
            {
                return Reading == "text" || Reading == "tail"
                    ? new Change(Name, Attribute, Texts.Unwrap(value), Shape)
                    : new Change(Name, Attribute, Texts.Document(value) is { ValueKind: not JsonValueKind.Undefined } document ? document : value, Shape);
            }
        }

        return null;
    }

    private ValueShape Shape => Reading switch
    {
        "json" => ValueShape.Json,
        "blocks" => ValueShape.Blocks,
        "set" => ValueShape.Set,
        "tail" => ValueShape.Tail,
        "pairs" => ValueShape.Pairs,
        "logs" => ValueShape.Logs,
        _ => ValueShape.Text,
    };

    public static AttributeRule Parse(string line)
    {
        var parts = Array.ConvertAll(line.Split('|'), part => part.Trim());
        return new AttributeRule(
            parts[0], [.. parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)], parts[2], parts[3] == "-" ? null : parts[3], parts.Length > 4 ? parts[4] : "text");
    }
}

/// <summary>How a type is named in events and in states.</summary>
internal sealed record TypeNames(string Type, ImmutableArray<string> InEvents, ImmutableArray<string> InStates)
{
    public static TypeNames Parse(string line)
    {
        var parts = Array.ConvertAll(line.Split('|'), part => part.Trim());
        return new TypeNames(parts[0], Words(parts[1]), parts.Length > 2 ? Words(parts[2]) : []);
    }

    /// <summary>A type that no line knows goes by its own words: <c>aws_ec2_fleet</c> by <c>ec2fleetid</c>, <c>fleetid</c>, <c>fleetname</c>, …</summary>
    public static TypeNames Guess(string type)
    {
        var words = type.Split('_')[1..];
        var whole = string.Concat(words);
        var last = words.Length > 1 ? string.Concat(words[1..]) : whole;
        return new TypeNames(type, [$"{whole}id", $"{last}id", $"{whole}arn", $"{last}arn", $"{whole}name", $"{last}name", $"{last}identifier", "arn", "name"], ["name"]);
    }

    private static ImmutableArray<string> Words(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}
