using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Scanning;

/// <summary>Compares states with an inventory, both ways.</summary>
public static class InventoryComparison
{
    private static readonly FrozenDictionary<string, ImmutableArray<string>> Fields = EventTables.Lines("compared-fields.txt").Select(line => line.Split(' '))
        .ToFrozenDictionary(words => words[0], words => words.Skip(1).ToImmutableArray());

    /// <summary>Compares.</summary>
    public static ScanReport Run(StateIndex state, Inventory inventory, RuleBook rules, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        var matched = new HashSet<StateResource>();
        foreach (var cloud in inventory.Resources)
        {
            if (Match(state, cloud, inventory.Provider) is not { } resource)
            {
                findings.Add(new Finding
                {
                    Kind = FindingKind.Unmanaged,
                    Provider = inventory.Provider,
                    Type = cloud.Type,
                    ResourceId = cloud.Id,
                    Attribute = Finding.UnmanagedResource,
                });
                continue;
            }

            matched.Add(resource);
            findings.AddRange(Differences(resource, cloud, inventory.Provider));
        }

        var managed = state.Resources.Where(resource => ProviderNames.OfType(resource.Type) == inventory.Provider).ToList();
        findings.AddRange(managed.Where(resource => !matched.Contains(resource) && inventory.LooksFor(resource.Type)).Select(resource => new Finding
        {
            Kind = FindingKind.Deleted,
            Provider = inventory.Provider,
            Type = resource.Type,
            ResourceId = resource.Id,
            Resource = resource,
            Attribute = Finding.DeletedResource,
        }));
        return ScanReport.Of(
            findings.Select(finding => Redaction.Of(rules.Apply(finding, now))), managed.Count(resource => matched.Contains(resource) || inventory.LooksFor(resource.Type)), managed.Count, inventory.Resources.Length);
    }

    private static StateResource? Match(StateIndex state, CloudResource cloud, Provider provider)
    {
        foreach (var name in (ReadOnlySpan<string>)[cloud.Id, cloud.Name])
        {
            var found = name.Length == 0 ? [] : state.Named(name, provider).Where(resource => resource.Type == cloud.Type).Take(2).ToList();
            if (found.Count > 0 && (found.Count == 1 || name == cloud.Id))
            {
                return found[0];
            }
        }

        return null;
    }

    private static List<Finding> Differences(StateResource resource, CloudResource cloud, Provider provider)
    {
        using var document = resource.ReadAttributes();
        var attributes = document.RootElement;
        var found = new List<Finding>();
        foreach (var (field, actual, attribute, asFlag) in Compared(cloud))
        {
            // A field that one side does not have was not asked for, or is none of this type's attributes.
            if (!attributes.TryGetProperty(attribute, out var wanted) || actual.ValueKind == JsonValueKind.Undefined)
            {
                continue;
            }

            var isSame = asFlag ? Texts.Of(actual) == attribute == (Texts.Of(wanted) == "true")
                : Values.Same(wanted, actual, Sameness.State | Sameness.Documents | (provider == Provider.Azure ? Sameness.AnyCase : Sameness.Typed))
                    || (provider == Provider.Gcp && SameAddress(wanted, actual));
            if (!isSame)
            {
                found.Add(Differs(field, wanted.Clone(), actual));
            }
        }

        if (resource.Type == "aws_security_group")
        {
            Network("ingress", cloud.Ingress);
            Network("egress", cloud.Egress);
        }

        if (cloud.Tags.ValueKind == JsonValueKind.Object)
        {
            var name = provider == Provider.Gcp ? "labels" : "tags";
            var wanted = Tags(attributes, provider == Provider.Gcp ? "terraform_labels" : "tags_all") ?? Tags(attributes, name) ?? default;
            var (left, right) = (Kept(wanted, provider), Kept(cloud.Tags, provider));
            if (!Values.Same(left, right, provider == Provider.Azure ? Sameness.AnyCase : Sameness.Typed))
            {
                found.Add(Differs(name, left, right));
            }
        }

        return found;

        void Network(string direction, JsonElement permissions)
        {
            if (permissions.ValueKind != JsonValueKind.Array || !attributes.TryGetProperty(direction, out var blocks))
            {
                return;
            }

            var (wanted, actual) = (NetworkRule.OfState(blocks, resource.Id), NetworkRule.OfPermissions(permissions, resource.Id));
            if (!wanted.SetEquals(actual))
            {
                found.Add(Differs(direction, List(wanted), List(actual)));
            }
        }

        Finding Differs(string field, JsonElement wanted, JsonElement actual) => new()
        {
            Kind = FindingKind.Modified,
            Provider = provider,
            Type = resource.Type,
            ResourceId = resource.Id,
            Resource = resource,
            Attribute = field,
            Old = wanted,
            New = actual,
        };
    }

    private static IEnumerable<(string Field, JsonElement Actual, string Attribute, bool AsFlag)> Compared(CloudResource cloud)
    {
        if (!Fields.TryGetValue(cloud.Type, out var fields))
        {
            return cloud.Attributes.ValueKind != JsonValueKind.Object ? []
                : cloud.Attributes.EnumerateObject().Where(field => field.Name is not ("id" or "arn" or "self_link")).Select(field => (field.Name, field.Value, field.Name, false));
        }

        return fields.Select(field =>
        {
            var split = field.Split('=', ':');
            return (split[0], cloud.Attributes.Member(split[0]), split[^1], field.Contains(':', StringComparison.Ordinal));
        });
    }

    // https://www.googleapis.com/compute/v1/projects/p/global/networks/n and n are one network.
    private static bool SameAddress(JsonElement wanted, JsonElement actual) => Texts.Of(wanted) is { } left && Texts.Of(actual) is { } right
        && (left.Contains('/', StringComparison.Ordinal) || right.Contains('/', StringComparison.Ordinal)) && left[(left.LastIndexOf('/') + 1)..] == right[(right.LastIndexOf('/') + 1)..];

    private static JsonElement? Tags(JsonElement attributes, string name) => attributes.Member(name) is { ValueKind: JsonValueKind.Object } tags ? tags : null;

    private static JsonElement Kept(JsonElement tags, Provider provider) => Shapes.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var tag in tags.ValueKind == JsonValueKind.Object ? tags.EnumerateObject().OrderBy(tag => tag.Name, StringComparer.Ordinal) : Enumerable.Empty<JsonProperty>())
        {
            if (!IsProviders(tag.Name, provider))
            {
                tag.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    });

    // Tags that the clouds and their controllers set themselves.
    private static bool IsProviders(string tag, Provider provider) => provider switch
    {
        Provider.Aws => tag.StartsWith("aws:", StringComparison.Ordinal) || tag.StartsWith("kubernetes.io/", StringComparison.Ordinal),
        Provider.Gcp => tag.StartsWith("goog-", StringComparison.Ordinal) || tag.StartsWith("gke-", StringComparison.Ordinal),
        _ => tag.StartsWith("hidden-", StringComparison.OrdinalIgnoreCase) || tag.StartsWith("ms-resource-usage", StringComparison.OrdinalIgnoreCase),
    };

    private static JsonElement List(HashSet<NetworkRule> rules) => Shapes.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var rule in rules.Select(rule => rule.ToString()).Order(StringComparer.Ordinal))
        {
            writer.WriteStringValue(rule);
        }

        writer.WriteEndArray();
    });
}
