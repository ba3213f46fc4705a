using Comptroller.Drift.Graph;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.Graph;

public sealed class CurrentGraphTests
{
    [Fact]
    public async Task A_graph_is_shown_while_the_next_is_made()
    {
        var current = new CurrentGraph();
        current.Of(StateIndex.Empty).NodeCount.ShouldBe(0);
        var first = await Given.State(Vpc(1));
        current.Of(first).NodeCount.ShouldBe(1, "there was none to show meanwhile");
        current.Of(first).ShouldBeSameAs(current.Of(first));

        var second = await Given.State(Vpc(1), Vpc(2));
        var shown = current.Of(second);
        shown.NodeCount.ShouldBe(1);
        await current.Making.WaitAsync(TimeSpan.FromSeconds(60));
        current.Of(second).NodeCount.ShouldBe(2);
        shown.NodeCount.ShouldBe(1, "a page and the next are of one picture");
    }

    private static string Vpc(int number) => Given.Resource("aws_vpc", $"v{number}", $$"""{"id":"vpc-{{number}}"}""");
}
