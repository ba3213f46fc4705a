using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Tests.RateLimiting;

public sealed class RateLimiterTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(nameof(RateLimit.Small))]
    [InlineData(nameof(RateLimit.Medium))]
    [InlineData(nameof(RateLimit.Large))]
    [InlineData(nameof(RateLimit.VeryLarge))]
    public async Task Two_hundred_callers_reach_the_limit_and_never_pass_it_in_any_sliding_minute(string profile)
    {
        var limit = RateLimit.Profiles[profile];
        var time = new VirtualTime(Start);
        using var limiter = new RateLimiter(limit, time);
        var grants = new List<TimeSpan>();
        var each = limit.RequestsPerMinute * 5 / 200;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                var granted = await limiter.AcquireAsync(CancellationToken.None);
                lock (grants)
                {
                    grants.Add(granted);
                }
            }
        })));

        grants.Sort();
        for (var i = limit.RequestsPerMinute; i < grants.Count; i++)
        {
            (grants[i] - grants[i - limit.RequestsPerMinute]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(1));
        }

        // The bucket never lets more than a burst and the steady rate through.
        for (var i = limit.BurstSize; i < grants.Count; i++)
        {
            (grants[i] - grants[i - limit.BurstSize]).TotalSeconds.ShouldBeGreaterThanOrEqualTo(1 / limit.RequestsPerSecond - 0.000001);
        }

        var perMinute = grants.Count(grant => grant < TimeSpan.FromMinutes(4)) / 4.0;
        perMinute.ShouldBeInRange(limit.RequestsPerMinute * 0.98, limit.RequestsPerMinute * 1.0);
    }

    [Fact]
    public async Task A_429_stops_every_caller_until_the_instant_that_the_API_names()
    {
        var time = new VirtualTime(Start);
        using var limiter = new RateLimiter(RateLimit.Small, time);
        limiter.TooManyRequests(Start + TimeSpan.FromSeconds(42));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => limiter.AcquireAsync(CancellationToken.None).AsTask()));
        time.Elapsed.ShouldBe(TimeSpan.FromSeconds(42));
        limiter.Counts.Consecutive429.ShouldBe(1);
    }

    [Theory]
    [InlineData(-3600, 2)]
    [InlineData(86_400, 300)]
    public async Task A_clock_that_is_off_neither_voids_a_pause_nor_makes_it_endless(int epochFromNow, int pausedFor)
    {
        var time = new VirtualTime(Start);
        using var limiter = new RateLimiter(RateLimit.Small, time);
        limiter.TooManyRequests(Start.AddSeconds(epochFromNow));
        await limiter.AcquireAsync(CancellationToken.None);
        time.Elapsed.ShouldBe(TimeSpan.FromSeconds(pausedFor));
    }

    [Fact]
    public async Task Refusals_without_a_hint_double_the_pause_up_to_five_minutes_and_a_success_resets_it()
    {
        var time = new VirtualTime(Start);
        using var limiter = new RateLimiter(RateLimit.Small, time);
        var pauses = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var before = time.Elapsed;
            limiter.TooManyRequests(null);
            await limiter.AcquireAsync(CancellationToken.None);
            pauses.Add((time.Elapsed - before).TotalSeconds);
        }

        pauses.ShouldBe([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        limiter.Succeeded(null);
        limiter.Counts.Consecutive429.ShouldBe(0);
        limiter.TooManyRequests(null);
        limiter.Counts.PauseLeft.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(10, 200)]
    [InlineData(5, 500)]
    [InlineData(0, 500)]
    public void Little_left_slows_everybody_down(int remaining, int milliseconds)
    {
        using var limiter = new RateLimiter(RateLimit.Small, new VirtualTime(Start));
        limiter.Succeeded(remaining);
        limiter.Counts.PauseLeft.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Fact]
    public async Task A_changed_limit_still_counts_what_was_granted_before()
    {
        var time = new VirtualTime(Start);
        using var limiter = new RateLimiter(new RateLimit { RequestsPerSecond = 100, RequestsPerMinute = 30, BurstSize = 30 }, time);
        for (var i = 0; i < 30; i++)
        {
            await limiter.AcquireAsync(CancellationToken.None);
        }

        limiter.Change(new RateLimit { RequestsPerSecond = 100, RequestsPerMinute = 40, BurstSize = 40 });
        for (var i = 0; i < 10; i++)
        {
            await limiter.AcquireAsync(CancellationToken.None);
        }

        time.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        await limiter.AcquireAsync(CancellationToken.None);
        time.Elapsed.ShouldBe(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));

        limiter.Change(new RateLimit { RequestsPerSecond = 100, RequestsPerMinute = 1, BurstSize = 1 });
        await limiter.AcquireAsync(CancellationToken.None);
        time.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_cancelled_caller_does_not_hold_up_the_others()
    {
        using var limiter = new RateLimiter(RateLimit.Small, TimeProvider.System);
        limiter.TooManyRequests(TimeProvider.System.GetUtcNow().AddMinutes(4));
        using var cancelled = new CancellationTokenSource();
        var head = limiter.AcquireAsync(cancelled.Token).AsTask();
        var next = limiter.AcquireAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => head);
        await Should.ThrowAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public void Jitter_takes_at_most_a_quarter_off()
    {
        BackOff.After(3, 0).TotalSeconds.ShouldBe(8);
        BackOff.After(3, 1).TotalSeconds.ShouldBe(6);
        BackOff.After(1000, 0).ShouldBe(BackOff.Cap);
    }

    [Fact]
    public void A_limit_above_the_APIs_own_is_refused_and_says_which()
    {
        new RateLimit { RequestsPerSecond = 0, RequestsPerMinute = 6001, BurstSize = 0, RetryAttempts = 0 }.Problems().Count().ShouldBe(4);
        RateLimit.Profiles.Values.SelectMany(limit => limit.Problems()).ShouldBeEmpty();
    }
}
