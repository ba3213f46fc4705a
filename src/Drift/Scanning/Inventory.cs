using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Scanning;

/// <summary>What is in a cloud, as a list of resources: the way for readers of any kind to hand it over.</summary>
/// <param name="Provider">Whose cloud.</param>
/// <param name="Resources">What was seen.</param>
/// <param name="Types">The types that were looked for; null for every one. Nothing else is ever called missing.</param>
public sealed record Inventory(Provider Provider, ImmutableArray<CloudResource> Resources, ImmutableHashSet<string>? Types)
{
    // What a listing of AWS is understood to have looked for when it does not say.
    private static readonly ImmutableHashSet<string> AwsTypes = ["aws_vpc", "aws_subnet", "aws_security_group", "aws_instance", "aws_db_instance", "aws_eks_cluster",
        "aws_elasticache_replication_group", "aws_lb"];

    /// <summary>Reads <c>{"provider": …, "types": […], "resources": […]}</c>.</summary>
    /// <param name="utf8">JSON.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="FormatException">Says what is wrong.</exception>
    public static Inventory Read(ReadOnlyMemory<byte> utf8, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return Read(document.RootElement.Clone(), source);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{source}:{(e.LineNumber ?? 0) + 1}: this is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException($"{source}: a text in it is none: {e.Message}", e);
        }
    }

    private static Inventory Read(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{source}: an inventory is an object with provider and resources");
        }

        foreach (var field in root.EnumerateObject().Where(field => field.Name is not ("provider" or "types" or "resources")))
        {
            throw new FormatException($"{source}: unknown field \"{field.Name}\"; known here: provider, types, resources");
        }

        return Read(ProviderOf(root.Text("provider"), source), root.Member("resources"), TypesOf(root.Member("types"), source), source);
    }

    internal static Inventory Read(Provider provider, JsonElement resources, ImmutableHashSet<string>? types, string source)
    {
        if (resources.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"{source}: \"resources\" must be a list");
        }

        return new Inventory(provider, [.. resources.EnumerateArray().Select((each, at) => CloudResource.Read(each, $"{source}: resources[{at}]"))], types ?? (provider == Provider.Aws ? AwsTypes : null));
    }

    // Of types that are read wrongly nothing would ever be missing.
    private static ImmutableHashSet<string>? TypesOf(JsonElement types, string source) => types.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null
        : types.ValueKind == JsonValueKind.Array && types.EnumerateArray().All(type => type.ValueKind == JsonValueKind.String) ? [.. types.EnumerateArray().Select(type => type.GetString()!)]
        : throw new FormatException($"{source}: \"types\" must be a list of Terraform types");

    internal static Provider ProviderOf(string name, string source) => name switch
    {
        "aws" => Provider.Aws,
        "gcp" => Provider.Gcp,
        "azure" => Provider.Azure,
        _ => throw new FormatException($"{source}: provider \"{name}\" is none of aws, gcp, azure"),
    };

    public bool LooksFor(string type) => Types?.Contains(type) ?? ProviderNames.OfType(type) == Provider;
}

/// <summary>A resource as a cloud describes it. A field that is not there was not asked for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">Its Terraform type.</param>
/// <param name="Name">Its name; empty when it has none.</param>
/// <param name="Attributes">Fields by their Terraform names.</param>
/// <param name="Tags">Tags or labels; undefined when they were not asked for.</param>
/// <param name="Ingress">Permissions of a security group; undefined when not asked for.</param>
/// <param name="Egress">The same for the way out.</param>
public sealed record CloudResource(string Id, string Type, string Name, JsonElement Attributes, JsonElement Tags, JsonElement Ingress, JsonElement Egress)
{
    private static readonly string[] Known = ["id", "type", "name", "attributes", "tags", "labels", "ingress_permissions", "egress_permissions"];

    internal static CloudResource Read(JsonElement item, string place)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{place}: must be an object");
        }

        // A misspelt field would not be compared, and what is not compared looks clean.
        foreach (var field in item.EnumerateObject().Where(field => !Known.Contains(field.Name, StringComparer.Ordinal)))
        {
            throw new FormatException($"{place}: unknown field \"{field.Name}\"; known here: {string.Join(", ", Known)}");
        }

        var (id, type) = (item.Text("id"), item.Text("type"));
        if (id.Length == 0 || type.Length == 0)
        {
            throw new FormatException($"{place}: id and type are required");
        }

        var tags = item.Member("tags");
        return new CloudResource(
            id, type, item.Text("name"), item.Member("attributes"), tags.ValueKind == JsonValueKind.Undefined ? item.Member("labels") : tags, item.Member("ingress_permissions"), item.Member("egress_permissions"));
    }
}
