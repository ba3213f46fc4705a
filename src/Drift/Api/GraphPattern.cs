using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Graph;

namespace Comptroller.Drift.Api;

/// <summary>Which pairs of resources are looked for.</summary>
internal sealed record GraphPattern(ImmutableArray<string>? StartLabels, string RelType, ImmutableArray<string>? EndLabels, ImmutableDictionary<string, string>? EndFilter)
{
    private const int Most = 20;

    /// <exception cref="ApiException">A member is wrong.</exception>
    public static GraphPattern Of(JsonElement body) =>
        new(Texts(body, "start_labels"), ApiCall.Text(body, "rel_type", 50) ?? "", Texts(body, "end_labels"), Filter(body));

    /// <summary>What a resource is, from the general to its type.</summary>
    public static ImmutableArray<string> Labels(string type) => type switch
    {
        "aws_vpc" => ["Resource", "VPC", "Network"],
        "aws_subnet" => ["Resource", "Subnet", "Network"],
        "aws_instance" => ["Resource", "EC2", "Compute"],
        "aws_db_instance" => ["Resource", "RDS", "Database"],
        "aws_nat_gateway" => ["Resource", "NATGateway", "Network"],
        "aws_internet_gateway" => ["Resource", "InternetGateway", "Network"],
        "aws_route_table" => ["Resource", "RouteTable", "Network"],
        "aws_security_group" => ["Resource", "SecurityGroup", "Security"],
        _ => ["Resource", type],
    };

    /// <summary>How many nodes have each label.</summary>
    public static IReadOnlyDictionary<string, int> CountLabels(IReadOnlyDictionary<string, int> nodesByType) => nodesByType
        .SelectMany(type => Labels(type.Key).Select(label => (Label: label, type.Value))).GroupBy(each => each.Label, each => each.Value, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Sum(), StringComparer.Ordinal);

    public bool IsRelation(Relation relation) => RelType.Length == 0 || relation.Name() == RelType;

    public bool IsStart(GraphNode node) => Has(node, StartLabels);

    public bool IsEnd(GraphNode node) => Has(node, EndLabels) && (EndFilter is null || EndFilter.All(each => each.Value == each.Key switch
    {
        "id" => node.ResourceId,
        "type" => node.Type,
        "name" => node.Name,
        "address" => node.Address,
        _ => node.State,
    }));

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteTexts(json, "StartLabels", StartLabels);
        json.WriteString(nameof(RelType), RelType);
        WriteTexts(json, "EndLabels", EndLabels);
        json.WritePropertyName(nameof(EndFilter));
        if (EndFilter is null)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteStartObject();
            foreach (var (name, value) in EndFilter.OrderBy(each => each.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static bool Has(GraphNode node, ImmutableArray<string>? labels) => labels is not { } wanted || wanted.All(label => label == node.Type || Labels(node.Type).Contains(label));

    private static ImmutableArray<string>? Texts(JsonElement body, string name) => !body.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null ? null
        : list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= Most && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
        : throw ApiException.BadRequest($"{name}: must be a list of at most {Most} texts");

    private static ImmutableDictionary<string, string>? Filter(JsonElement body) => !body.TryGetProperty("end_filter", out var filter) || filter.ValueKind == JsonValueKind.Null ? null
        : filter.ValueKind == JsonValueKind.Object && filter.EnumerateObject().All(each => each.Name is "id" or "type" or "name" or "address" or "state" && each.Value.ValueKind == JsonValueKind.String)
            ? filter.EnumerateObject().ToImmutableDictionary(each => each.Name, each => each.Value.GetString()!)
            : throw ApiException.BadRequest("end_filter: must be an object of texts: id, type, name, address, state");

    private static void WriteTexts(Utf8JsonWriter json, string name, ImmutableArray<string>? texts)
    {
        json.WritePropertyName(name);
        if (texts is not { } known)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var text in known)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
