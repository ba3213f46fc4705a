using Comptroller.Drift.Graph;

namespace Comptroller.Drift.Tests.Graph;

public sealed class ResourceGraphTests
{
    [Fact]
    public async Task Edges_say_who_needs_holds_and_guards_whom()
    {
        var graph = await GraphAsync();
        graph.NodeCount.ShouldBe(12);
        graph.Edges(-1, 100).Select(edge => $"{Address(edge.Start)} {edge.Relation.Name()} {Address(edge.End)}").Order(StringComparer.Ordinal).ShouldBe(
        [
            "aws_db_instance.d DEPENDS_ON aws_db_subnet_group.dg",
            "aws_db_subnet_group.dg CONTAINS aws_subnet.a",
            "aws_ecs_service.s REGISTERS_TO aws_lb_target_group.tg",
            "aws_ecs_service.s RUNS_IN aws_ecs_cluster.e",
            "aws_eks_cluster.k DEPENDS_ON aws_subnet.a",
            "aws_iam_role_policy.rp APPLIES_TO aws_iam_role.r",
            "aws_instance.web DEPENDS_ON aws_subnet.a",
            "aws_lb_target_group.tg PART_OF aws_vpc.main",
            "aws_security_group.g SECURES aws_db_instance.d",
            "aws_security_group.g SECURES aws_eks_cluster.k",
            "aws_security_group.g SECURES aws_instance.web",
            "aws_security_group.g SECURES aws_vpc.main",
            "aws_subnet.a PART_OF aws_vpc.main",
        ]);
        graph.EdgesByRelation["SECURES"].ShouldBe(4);
        graph.NodesByType["aws_vpc"].ShouldBe(1);
    }

    [Fact]
    public async Task Walks_and_paths_follow_the_edges_and_pages_neither_overlap_nor_miss()
    {
        var graph = await GraphAsync();
        graph.Walk("aws_vpc.main", upwards: true, depth: 1).Select(each => each.Node.Address).ShouldBe(["aws_subnet.a", "aws_security_group.g", "aws_lb_target_group.tg"], ignoreOrder: true);
        graph.Walk("vpc-1", upwards: true, depth: 3).Single(each => each.Node.Address == "aws_db_instance.d").Distance.ShouldBe(3);
        graph.Walk("aws_instance.web", upwards: false, depth: 5).Select(each => each.Node.Address).ShouldBe(["aws_subnet.a", "aws_vpc.main"]);
        graph.Path("aws_instance.web", "aws_vpc.main").Length.ShouldBe(3);
        graph.Path("aws_instance.web", "aws_iam_role.r").ShouldBeEmpty();
        graph.Critical(3, 10).Select(each => each.Node.Address).ShouldBe(["aws_vpc.main", "aws_subnet.a"], ignoreOrder: true);
        var ids = new List<string>();
        for (var page = graph.Nodes(-1, 5); !page.IsEmpty; page = graph.Nodes(page[^1].Number, 5))
        {
            ids.AddRange(page.Select(node => node.Id));
        }

        ids.Distinct().Count().ShouldBe(12);
        ids.ShouldAllBe(id => graph.Find(id) != null);
        graph.Find("n99-aws_vpc.main")!.ResourceId.ShouldBe("vpc-1", "an id that somebody kept while a state changed still means its resource");
        graph.Find("n99-aws_vpc.gone").ShouldBeNull();
        graph.EdgesOf("aws_subnet.a", outgoing: true, incoming: false).ShouldHaveSingleItem().Relation.ShouldBe(Relation.PartOf);
        graph.EdgesOf("aws_subnet.a", outgoing: true, incoming: true).Length.ShouldBe(4);
    }

    private static string Address(string id) => id[(id.IndexOf('-', StringComparison.Ordinal) + 1)..];

    private static async Task<ResourceGraph> GraphAsync() => (await Given.State(
        Given.Resource("aws_vpc", "main", """{"id":"vpc-1"}"""),
        Given.Resource("aws_subnet", "a", """{"id":"subnet-1","vpc_id":"vpc-1"}"""),
        Given.Resource("aws_security_group", "g", """{"id":"sg-1","vpc_id":"vpc-1"}"""),
        Given.Resource("aws_instance", "web", """{"id":"i-1","subnet_id":"subnet-1","vpc_security_group_ids":["sg-1","sg-nobody"]}"""),
        Given.Resource("aws_db_subnet_group", "dg", """{"id":"dg","name":"dg","subnet_ids":["subnet-1"]}"""),
        Given.Resource("aws_db_instance", "d", """{"id":"db-X","db_subnet_group_name":"dg","vpc_security_group_ids":["sg-1"]}"""),
        Given.Resource("aws_eks_cluster", "k", """{"id":"k","vpc_config":[{"subnet_ids":["subnet-1"],"security_group_ids":["sg-1"]}]}"""),
        Given.Resource("aws_lb_target_group", "tg", """{"id":"arn:tg","arn":"arn:tg","vpc_id":"vpc-1"}"""),
        Given.Resource("aws_ecs_cluster", "e", """{"id":"arn:e","arn":"arn:e","name":"e"}"""),
        Given.Resource("aws_ecs_service", "s", """{"id":"arn:s","cluster":"arn:e","load_balancer":[{"target_group_arn":"arn:tg"}]}"""),
        Given.Resource("aws_iam_role", "r", """{"id":"r","name":"r"}"""),
        Given.Resource("aws_iam_role_policy", "rp", """{"id":"r:rp","role":"r"}"""))).Graph;
}
