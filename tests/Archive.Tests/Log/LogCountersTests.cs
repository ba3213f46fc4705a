using Comptroller.Archive.Log;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Log;

public sealed class LogCountersTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_rate_is_of_the_time_that_was_looked_at_and_there_is_none_before_a_second_of_it()
    {
        var counters = new LogCounters(_time);
        var started = new LogState { ProcessId = 7, StartedAt = _time.GetUtcNow(), UpdatedAt = _time.GetUtcNow(), FlushIntervalSeconds = 5 };
        using var append = new PendingAppend();
        append.Prepare(new AuditEvent { EventType = "x", Actor = "alice", Resource = "y" }, _time.GetUtcNow());
        counters.Written([append, append]);

        Rate(0.1).ShouldBe((null, 0.1), "two events in a tenth of a second are not twenty a second");
        Rate(3.9).ShouldBe((0.5, 4));
        Rate(36).ShouldBe((0.05, 40));
        counters.Written([append]);
        Rate(20).ShouldBe((0.05, 60), "three in the first minute");
        Rate(20).ShouldBe((1 / 40d, 40), "what is older than a minute counts no more, and neither does the time that it took");

        (double?, double) Rate(double seconds)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            var state = counters.Take(started);
            return (state.EventsPerSecond, state.RateSeconds);
        }
    }
}
