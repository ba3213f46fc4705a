using System.Globalization;
using Comptroller.Drift.Graph;
using Comptroller.Drift.State;
using Comptroller.Drift.Tests.State;

namespace Comptroller.Drift.Tests.Graph;

/// <summary>The graph while states change, each on its own.</summary>
public sealed class ChangingGraphTests
{
    private const int States = 4;
    private const int Steps = 25;

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_any_changes_it_is_the_graph_that_is_made_from_scratch_and_the_one_that_is_meant(int seed)
    {
        var random = new Random(seed);
        var models = Enumerable.Range(0, States).Select(state => new Model(state)).ToArray();
        var sources = models.Select(model => new ScriptedSource { Name = model.Name, Text = model.Text() }).ToArray();
        var set = new StateSet([.. sources], TimeProvider.System) { Tidy = () => { } };
        for (var step = 0; step < Steps; step++)
        {
            foreach (var model in models.Where(_ => random.Next(States) == 0))
            {
                model.Change(random);
            }

            foreach (var (model, source) in models.Zip(sources))
            {
                source.Text = model.Text();
            }

            await set.RefreshAsync(CancellationToken.None);
            var fresh = new StateSet([.. models.Select(model => new ScriptedSource { Name = model.Name, Text = model.Text() })], TimeProvider.System) { Tidy = () => { } };
            await fresh.RefreshAsync(CancellationToken.None);

            var (followed, scratch) = (set.Index.Graph, fresh.Index.Graph);
            Nodes(followed).ShouldBe(Nodes(scratch));
            followed.Edges(-1, int.MaxValue).ShouldBe(scratch.Edges(-1, int.MaxValue));
            var ids = models.SelectMany(model => model.Resources.Keys).ToHashSet(StringComparer.Ordinal);
            var meant = models.SelectMany(model => model.Resources).SelectMany(each => each.Value.Where(ids.Contains).Select(named => Edge(each.Key, named))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
            var nodes = followed.Nodes(-1, int.MaxValue).ToDictionary(node => node.Id, node => node.ResourceId, StringComparer.Ordinal);
            followed.Edges(-1, int.MaxValue).Select(edge => $"{nodes[edge.Start]} {edge.Relation.Name()} {nodes[edge.End]}").Order(StringComparer.Ordinal).ShouldBe(meant);
        }
    }

    [Fact]
    public async Task What_a_state_names_is_its_own_before_that_of_others_and_a_mere_name_that_two_others_have_is_nobodys()
    {
        var graph = (await ReadAsync(
            [Role("here", "arn:a"), Given.Resource("aws_iam_role_policy", "p", """{"id":"p","role":"admin"}""")],
            [Role("there", "arn:b"), Given.Resource("aws_vpc", "net", """{"id":"vpc-1"}""")],
            [Given.Resource("aws_iam_role_policy", "q", """{"id":"q","role":"admin"}"""), Given.Resource("aws_subnet", "s", """{"id":"s-1","vpc_id":"vpc-1"}"""), Given.Resource("aws_subnet", "t", """{"id":"s-2","vpc_id":"vpc-1"}""")])).Graph;
        graph.Edges(-1, 100).Select(edge => $"{graph.Find(edge.Start)!.Address} {edge.Relation.Name()} {graph.Find(edge.End)!.Address}").ShouldBe(
            ["aws_iam_role_policy.p APPLIES_TO aws_iam_role.here", "aws_subnet.s PART_OF aws_vpc.net", "aws_subnet.t PART_OF aws_vpc.net"], ignoreOrder: true);

        static string Role(string name, string arn) => Given.Resource("aws_iam_role", name, $$"""{"id":"{{arn}}","arn":"{{arn}}","name":"admin"}""");
    }

    [Fact]
    public async Task A_picture_that_somebody_pages_through_stays_while_the_states_go_on()
    {
        var source = new ScriptedSource { Name = "s", Text = Text([Given.Resource("aws_vpc", "a", """{"id":"vpc-1"}""")]) };
        var set = new StateSet([source], TimeProvider.System) { Tidy = () => { } };
        await set.RefreshAsync(CancellationToken.None);
        var before = set.Index.Graph;
        source.Text = Text([Given.Resource("aws_vpc", "a", """{"id":"vpc-1"}"""), Given.Resource("aws_subnet", "b", """{"id":"s-1","vpc_id":"vpc-1"}""")]);
        await set.RefreshAsync(CancellationToken.None);

        (before.NodeCount, before.EdgeCount).ShouldBe((1, 0));
        (set.Index.Graph.NodeCount, set.Index.Graph.EdgeCount).ShouldBe((2, 1));
        set.Index.Graph.ShouldBeSameAs(set.Index.Graph);
    }

    private static List<string> Nodes(ResourceGraph graph) => [.. graph.Nodes(-1, int.MaxValue).Select(node => $"{node.State} {node.Id} {node.ResourceId}")];

    private static async Task<StateIndex> ReadAsync(params string[][] states)
    {
        var set = new StateSet([.. states.Select((resources, at) => new ScriptedSource { Name = $"s{at.ToString(Invariant)}", Text = Text(resources) })], TimeProvider.System) { Tidy = () => { } };
        await set.RefreshAsync(CancellationToken.None);
        return set.Index;
    }

    private static string Text(IEnumerable<string> resources) => $$"""{"version":4,"serial":1,"lineage":"l","resources":[{{string.Join(',', resources)}}]}""";

    // The kind of a resource is the first letter of its id.
    private static string Edge(string from, string to) => (from[0], to[0]) switch
    {
        ('s', 'v') => $"{from} PART_OF {to}",
        ('g', 'v') => $"{from} SECURES {to}",
        ('i', 's') => $"{from} DEPENDS_ON {to}",
        ('i', 'g') => $"{to} SECURES {from}",
        _ => throw new InvalidOperationException($"{from} names no {to}"),
    };

    /// <summary>A state: ids of its resources, and the ids that each names.</summary>
    private sealed class Model(int state)
    {
        private int _serial;

        public string Name => string.Create(Invariant, $"state-{state}");

        public SortedDictionary<string, string[]> Resources { get; } = new(StringComparer.Ordinal);

        /// <summary>Adds, changes and removes a few.</summary>
        public void Change(Random random)
        {
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var id = string.Create(Invariant, $"{"vsgi"[random.Next(4)]}-{state}-{random.Next(6)}");
                if (random.Next(4) == 0)
                {
                    Resources.Remove(id);
                }
                else
                {
                    Resources[id] = id[0] switch { 'v' => [], 's' or 'g' => [Any('v', random)], _ => [Any('s', random), Any('g', random), Any('g', random)] };
                }
            }

            _serial++;
        }

        public string Text() => ChangingGraphTests.Text(Resources.Select(each => Given.Resource(
            each.Key[0] switch { 'v' => "aws_vpc", 's' => "aws_subnet", 'g' => "aws_security_group", _ => "aws_instance" },
            each.Key.Replace('-', '_'),
            each.Key[0] switch
            {
                'v' => $$"""{"id":"{{each.Key}}"}""",
                's' or 'g' => $$"""{"id":"{{each.Key}}","vpc_id":"{{each.Value[0]}}"}""",
                _ => $$"""{"id":"{{each.Key}}","subnet_id":"{{each.Value[0]}}","vpc_security_group_ids":["{{each.Value[1]}}","{{each.Value[2]}}"]}""",
            })).Append(Given.Resource("aws_sqs_queue", "serial", $$"""{"id":"queue-{{Name}}","delay_seconds":{{_serial.ToString(Invariant)}}}""")));

        // Of any state, and there or not.
        private static string Any(char kind, Random random) => string.Create(Invariant, $"{kind}-{random.Next(States)}-{random.Next(6)}");
    }
}
