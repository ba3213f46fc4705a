using Comptroller.Drift.Events;
using Comptroller.Drift.Intake;

namespace Comptroller.Drift.Tests.Intake;

public sealed class RecentEventsTests
{
    [Fact]
    public void The_latest_are_known_and_the_oldest_go_however_many_come()
    {
        var recent = new RecentEvents();
        var batch = new RecentEvents.Batch(recent);
        for (var number = 0; number < 300_000; number++)
        {
            batch.Takes(Mark(number)).ShouldBeTrue();
            if (number % 1000 == 999)
            {
                batch.Keep();
            }
        }

        var known = Enumerable.Range(0, 300_000).Where(number => !new RecentEvents.Batch(recent).Takes(Mark(number))).ToList();
        known.Count.ShouldBeInRange(60_000, 1 << 16);
        known.Count(number => number >= 300_000 - 30_000).ShouldBe(30_000, "what is delivered again comes soon");
        known.ShouldAllBe(number => number >= 100_000);
    }

    [Fact]
    public void What_was_not_written_is_not_known()
    {
        var recent = new RecentEvents();
        var batch = new RecentEvents.Batch(recent);
        batch.Takes(Mark(1)).ShouldBeTrue();
        batch.Takes(Mark(1)).ShouldBeFalse("twice in one write");
        new RecentEvents.Batch(recent).Takes(Mark(1)).ShouldBeTrue("that write has not ended");
        batch.Clear();
        batch.Takes(Mark(1)).ShouldBeTrue();
        batch.Keep();
        batch.Takes(Mark(1)).ShouldBeFalse();
        batch.Takes(default).ShouldBeTrue("of a log that gives no ids every event counts");
        batch.Takes(default).ShouldBeTrue();
    }

    // As spread as hashes are.
    private static EventMark Mark(int number) => new((ulong)(number + 1) * 0x9E3779B97F4A7C15, 0, 0, IsDetailed: true);
}
