using Comptroller.Drift.State;

namespace Comptroller.Drift.Tests.State;

public sealed class StateSetTests
{
    [Fact]
    public async Task The_heap_is_tidied_for_a_large_change_and_not_for_each_small_one()
    {
        var (large, small, tidied) = (new ScriptedSource { Name = "large", Text = Text(1000) }, new ScriptedSource { Name = "small", Text = Text(100) }, 0);
        var set = new StateSet([large, small], TimeProvider.System) { Tidy = () => tidied++ };
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        tidied.ShouldBe(1, "everything was read");

        small.Text = Text(101);
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        set.Index.Count.ShouldBe(1101);
        tidied.ShouldBe(1, "a tenth of what is kept does not stop the watch");

        large.Text = Text(1001);
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        tidied.ShouldBe(2);

        for (var change = 0; change < 3; change++)
        {
            small.Text = Text(102 + change);
            await set.RefreshAsync(CancellationToken.None);
        }

        tidied.ShouldBe(3, "small changes add up");
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeFalse();
        tidied.ShouldBe(3);
    }

    private static string Text(int resources) =>
        $$"""{"version":4,"serial":1,"lineage":"l","resources":[{{string.Join(',', Enumerable.Range(0, resources).Select(number => Given.Resource("aws_vpc", $"v{number}", $$"""{"id":"vpc-{{number}}"}""")))}}]}""";
}
