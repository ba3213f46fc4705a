using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTimeProvider time = new();
    private readonly WorkQueue<int> queue;

    public WorkQueueTests() => queue = new WorkQueue<int>("test", time);

    public void Dispose() => queue.Dispose();

    [Fact]
    public void Q7_a_burst_of_changes_becomes_one_run()
    {
        for (var i = 0; i < 100; i++)
        {
            queue.Add(1);
        }

        Take().ShouldBe(1);
        Take().ShouldBeNull();
    }

    [Fact]
    public void Q7_a_key_in_work_is_not_handed_out_again_until_it_is_done()
    {
        queue.Add(1);
        Take().ShouldBe(1);
        queue.Add(1);
        Take().ShouldBeNull();
        queue.Done(1);
        Take().ShouldBe(1);
        queue.Done(1);
        Take().ShouldBeNull();
    }

    [Fact]
    public void Q14_keys_come_out_in_the_order_they_went_in()
    {
        queue.Add(3);
        queue.Add(1);
        queue.Add(2);
        queue.Add(3);
        new[] { Take(), Take(), Take() }.ShouldBe([3, 1, 2]);
    }

    [Fact]
    public void Q8_the_earliest_deadline_of_a_key_wins_and_fires_once()
    {
        queue.AddAfter(1, TimeSpan.FromMinutes(10));
        queue.AddAfter(1, TimeSpan.FromMinutes(1));
        queue.AddAfter(1, TimeSpan.FromMinutes(5));
        time.Advance(TimeSpan.FromSeconds(59));
        Take().ShouldBeNull();
        time.Advance(TimeSpan.FromSeconds(1));
        Take().ShouldBe(1);
        queue.Done(1);
        time.Advance(TimeSpan.FromHours(1));
        Take().ShouldBeNull();
    }

    [Fact]
    public void Q8_one_timer_stands_for_any_number_of_delays()
    {
        for (var i = 0; i < 1000; i++)
        {
            queue.AddAfter(i, TimeSpan.FromSeconds(1000 - i));
        }

        time.ArmedTimers.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(1000));
        var order = new List<int>();
        while (Take() is { } key)
        {
            order.Add(key);
        }

        order.ShouldBe(Enumerable.Range(0, 1000).Reverse());
        time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Q8_a_delay_longer_than_a_timer_can_be_is_waited_out()
    {
        queue.AddAfter(1, TimeSpan.FromDays(60));
        queue.AddAfter(2, TimeSpan.MaxValue);
        for (var day = 0; day < 60; day++)
        {
            Take().ShouldBeNull($"{day} days have passed");
            time.Advance(TimeSpan.FromDays(1));
        }

        Take().ShouldBe(1);
        Take().ShouldBeNull();
        // The real clock refuses what the manual one takes.
        using var real = new WorkQueue<int>("real", TimeProvider.System);
        real.AddAfter(1, TimeSpan.FromDays(60));
        real.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Q8_a_quiet_queue_arms_no_timer()
    {
        queue.Add(1);
        Take();
        queue.Done(1);
        var armed = time.TimersArmed;
        time.Advance(TimeSpan.FromDays(1));
        time.TimersArmed.ShouldBe(armed);
        time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Q9_the_delay_of_one_key_doubles_from_5_ms_to_1000_s_and_starts_over_after_success()
    {
        var delays = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            delays.Add(queue.AddRateLimited(1));
            time.Advance(TimeSpan.FromSeconds(1000));
            Take().ShouldBe(1);
            queue.Done(1);
        }

        for (var i = 0; i < 20; i++)
        {
            delays[i].TotalSeconds.ShouldBe(Math.Min(0.005 * Math.Pow(2, i), 1000), tolerance: 1e-6);
        }

        queue.Failures(1).ShouldBe(20);
        queue.Forget(1);
        queue.AddRateLimited(1).ShouldBe(TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public void Q9_a_thousand_failures_share_a_bucket_of_100_and_10_a_second()
    {
        var delays = Enumerable.Range(0, 1000).Select(queue.AddRateLimited).ToList();
        delays.Take(100).ShouldAllBe(delay => delay == TimeSpan.FromMilliseconds(5));
        delays[100].TotalSeconds.ShouldBe(0.1, 1e-6);
        delays[999].TotalSeconds.ShouldBe(90, 1e-6);
    }

    [Fact]
    public void Q9_fresh_keys_do_not_pass_through_the_bucket()
    {
        for (var i = 0; i < 1000; i++)
        {
            queue.Add(i);
        }

        queue.Depth.ShouldBe(1000);
        time.ArmedTimers.ShouldBe(0);
    }

    [Fact]
    public void Q10_a_key_is_never_dropped_however_often_it_fails()
    {
        for (var i = 0; i < 1000; i++)
        {
            queue.AddRateLimited(1).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(1000));
            time.Advance(TimeSpan.FromSeconds(1000));
            Take().ShouldBe(1);
            queue.Done(1);
        }
    }

    [Fact]
    public void Q11_a_change_does_not_cancel_a_scheduled_run()
    {
        queue.AddAfter(1, TimeSpan.FromMinutes(10));
        queue.Add(1);
        Take().ShouldBe(1);
        queue.Done(1);
        Take().ShouldBeNull();
        time.Advance(TimeSpan.FromMinutes(10));
        Take().ShouldBe(1);
    }

    [Fact]
    public async Task Q13_shutdown_hands_out_nothing_more_and_lets_running_keys_finish()
    {
        queue.Add(1);
        queue.Add(2);
        (await queue.GetAsync(default)).ShouldBe(1);
        var waiting = queue.GetAsync(default).AsTask();
        (await waiting.EndsAsync()).ShouldBe(2);
        var idle = queue.GetAsync(default).AsTask();
        queue.Add(1);
        queue.ShutDown();
        (await idle.EndsAsync()).ShouldBeNull();
        queue.Done(1);
        queue.Add(3);
        queue.AddAfter(4, TimeSpan.FromSeconds(1));
        (await queue.GetAsync(default)).ShouldBeNull();
    }

    [Fact]
    public void L3_a_dropped_key_has_no_pending_run_left()
    {
        queue.AddAfter(1, TimeSpan.FromMinutes(1));
        queue.AddRateLimited(1);
        queue.Drop(1);
        time.Advance(TimeSpan.FromHours(1));
        Take().ShouldBeNull();
        queue.Failures(1).ShouldBe(0);
    }

    private int? Take() => queue.TryGet(out var key) ? key : null;
}
