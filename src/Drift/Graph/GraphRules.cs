using System.Collections.Frozen;
using System.Text.Json;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Graph;

/// <summary>Which attribute of which type names which other resource. Edges to what no state has are left out.</summary>
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

    private static readonly FrozenSet<string> Targets =
        ((string[][])[Vpc, Subnet, SecurityGroup, DbSubnetGroup, CacheSubnetGroup, EksCluster, EcsCluster, RouteTable, TargetGroup, LoadBalancer, Role]).SelectMany(each => each).ToFrozenSet(StringComparer.Ordinal);

    // A dot goes into a block, through its list. An edge that is told the other way round starts at what the attribute names.
    private static readonly FrozenDictionary<string, Rule[]> Rules = new Dictionary<string, Rule[]>(StringComparer.Ordinal)
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
    private static readonly Rule[] Others = [new("vpc_id", Relation.DependsOn, Vpc)];

    private sealed record Rule(string Path, Relation Relation, string[] Types, bool IsReversed = false);

    /// <summary>Whether edges can end at resources of a type.</summary>
    public static bool IsTarget(string type) => Targets.Contains(type);

    /// <summary>Adds the edges that the attributes of a resource tell of.</summary>
    public static void Add(int number, StateResource resource, ReferenceTable references, List<GraphLink> links)
    {
        if (!resource.Type.StartsWith("aws_", StringComparison.Ordinal))
        {
            return;
        }

        using var document = resource.ReadAttributes();
        foreach (var rule in Rules.GetValueOrDefault(resource.Type) ?? Others)
        {
            Follow(document.RootElement, rule.Path, rule, number, references, links);
        }
    }

    private static void Follow(JsonElement value, ReadOnlySpan<char> path, Rule rule, int number, ReferenceTable references, List<GraphLink> links)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Follow(item, path, rule, number, references, links);
                }

                break;
            case JsonValueKind.Object when !path.IsEmpty:
                var dot = path.IndexOf('.');
                Follow(value.Member((dot < 0 ? path : path[..dot]).ToString()), dot < 0 ? [] : path[(dot + 1)..], rule, number, references, links);
                break;
            case JsonValueKind.String when path.IsEmpty:
                var other = references.Find(value.GetString()!, rule.Types);
                if (other >= 0 && other != number)
                {
                    links.Add(rule.IsReversed ? new GraphLink(other, number, rule.Relation) : new GraphLink(number, other, rule.Relation));
                }

                break;
        }
    }
}
