using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>Which attribute of which type names which other resource, and what that makes them to each other.</summary>
internal static class GraphRules
{
    private static readonly string[] Vpc = ["aws_vpc"];
    private static readonly string[] Subnet = ["aws_subnet"];
    private static readonly string[] SecurityGroup = ["aws_security_group"];
    private static readonly string[] DbSubnetGroup = ["aws_db_subnet_group"];
    private static readonly string[] CacheSubnetGroup = ["aws_elasticache_subnet_group"];
    private static readonly string[] EksCluster = ["aws_eks_cluster"];
    private static readonly string[] EcsCluster = ["aws_ecs_cluster"];
    private static readonly string[] RouteTable = ["aws_route_table"];
    private static readonly string[] TargetGroup = ["aws_lb_target_group", "aws_alb_target_group"];
    private static readonly string[] LoadBalancer = ["aws_lb", "aws_alb"];
    private static readonly string[] Role = ["aws_iam_role"];

    // A dot goes into a block, through its list. An edge that is told the other way round starts at what the attribute names.
    private static readonly FrozenDictionary<string, GraphRule[]> Rules = new Dictionary<string, GraphRule[]>(StringComparer.Ordinal)
    {
        ["aws_subnet"] = [new("vpc_id", Relation.PartOf, Vpc)],
        ["aws_instance"] = [new("subnet_id", Relation.DependsOn, Subnet), new("vpc_security_group_ids", Relation.Secures, SecurityGroup, IsReversed: true), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_security_group"] = [new("vpc_id", Relation.Secures, Vpc)],
        ["aws_nat_gateway"] = [new("subnet_id", Relation.DependsOn, Subnet), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_internet_gateway"] = [new("vpc_id", Relation.ConnectsTo, Vpc)],
        ["aws_route_table"] = [new("vpc_id", Relation.RoutesTo, Vpc)],
        ["aws_route_table_association"] = [new("route_table_id", Relation.Associates, RouteTable), new("subnet_id", Relation.Associates, Subnet)],
        ["aws_db_instance"] = [new("db_subnet_group_name", Relation.DependsOn, DbSubnetGroup), new("vpc_security_group_ids", Relation.Secures, SecurityGroup, IsReversed: true)],
        ["aws_db_subnet_group"] = [new("subnet_ids", Relation.Contains, Subnet), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_elasticache_cluster"] = [new("subnet_group_name", Relation.DependsOn, CacheSubnetGroup), new("security_group_ids", Relation.Secures, SecurityGroup, IsReversed: true)],
        ["aws_elasticache_replication_group"] = [new("subnet_group_name", Relation.DependsOn, CacheSubnetGroup), new("security_group_ids", Relation.Secures, SecurityGroup, IsReversed: true)],
        ["aws_elasticache_subnet_group"] = [new("subnet_ids", Relation.Contains, Subnet), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_eks_cluster"] = [new("vpc_config.subnet_ids", Relation.DependsOn, Subnet), new("vpc_config.security_group_ids", Relation.Secures, SecurityGroup, IsReversed: true), new("vpc_config.vpc_id", Relation.DependsOn, Vpc)],
        ["aws_eks_node_group"] = [new("cluster_name", Relation.PartOf, EksCluster), new("subnet_ids", Relation.DependsOn, Subnet)],
        ["aws_lb"] = [new("subnets", Relation.DependsOn, Subnet), new("security_groups", Relation.Secures, SecurityGroup, IsReversed: true), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_alb"] = [new("subnets", Relation.DependsOn, Subnet), new("security_groups", Relation.Secures, SecurityGroup, IsReversed: true), new("vpc_id", Relation.DependsOn, Vpc)],
        ["aws_lb_target_group"] = [new("vpc_id", Relation.PartOf, Vpc)],
        ["aws_lb_listener"] = [new("load_balancer_arn", Relation.PartOf, LoadBalancer), new("default_action.target_group_arn", Relation.RoutesTo, TargetGroup)],
        ["aws_ecs_service"] = [new("cluster", Relation.RunsIn, EcsCluster), new("load_balancer.target_group_arn", Relation.RegistersTo, TargetGroup), new("network_configuration.subnets", Relation.DependsOn, Subnet)],
        ["aws_iam_role_policy"] = [new("role", Relation.AppliesTo, Role)],
        ["aws_iam_role_policy_attachment"] = [new("role", Relation.AppliesTo, Role)],
        ["aws_iam_policy_attachment"] = [new("roles", Relation.AppliesTo, Role)],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Whatever lies in a network.
    private static readonly GraphRule[] Others = [new("vpc_id", Relation.DependsOn, Vpc)];

    // Rules of several types that are alike are one.
    private static readonly ImmutableArray<GraphRule> Numbered = [.. Rules.Values.SelectMany(rules => rules).Concat(Others).Distinct()];

    // What JSON that has the attribute has in it.
    private static readonly ImmutableArray<byte[]> Marks = [.. Numbered.Select(rule => Encoding.UTF8.GetBytes($"\"{rule.Path.Split('.')[0]}\""))];

    private static readonly FrozenDictionary<string, byte[]> NumbersOf = Rules.ToFrozenDictionary(type => type.Key, type => Numbers(type.Value), StringComparer.Ordinal);

    private static readonly byte[] OfOthers = Numbers(Others);

    /// <summary>A rule by its number, which is what is kept of it for each reference.</summary>
    public static GraphRule At(byte number) => Numbered[number];

    /// <summary>Adds what the attributes of a resource name.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="json">The same, unread: most resources have none of what their rules look for, and finding no name in bytes takes no parsing.</param>
    /// <param name="into">Gets each name.</param>
    public static void Read(string type, JsonElement attributes, ReadOnlySpan<byte> json, ReferenceList into)
    {
        if (!type.StartsWith("aws_", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var number in NumbersOf.GetValueOrDefault(type) ?? OfOthers)
        {
            if (json.IndexOf(Marks[number]) >= 0)
            {
                Follow(attributes, Numbered[number].Path, number, into);
            }
        }
    }

    private static byte[] Numbers(GraphRule[] rules) => [.. rules.Select(rule => checked((byte)Numbered.IndexOf(rule)))];

    private static void Follow(JsonElement value, ReadOnlySpan<char> path, byte rule, ReferenceList into)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Follow(item, path, rule, into);
                }

                break;
            case JsonValueKind.Object when !path.IsEmpty:
                var dot = path.IndexOf('.');
                if (value.TryGetProperty(dot < 0 ? path : path[..dot], out var inner))
                {
                    Follow(inner, dot < 0 ? [] : path[(dot + 1)..], rule, into);
                }

                break;
            case JsonValueKind.String when path.IsEmpty:
                into.Add(NameTable.Hash(value.GetString()!), rule);
                break;
        }
    }
}

/// <summary>An attribute that names another resource.</summary>
/// <param name="Path">The attribute; a dot goes into a block.</param>
/// <param name="Relation">What the two are to each other.</param>
/// <param name="Types">What the other one may be.</param>
/// <param name="IsReversed">Whether the edge starts at the other one.</param>
internal sealed record GraphRule(string Path, Relation Relation, string[] Types, bool IsReversed = false);
